#include "platform/pg/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/base/error.h"

namespace ordersaga::pg {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

TEST(ParseUrlTest, ReadsAUrlAndNothingThatItDoesNotName) {
  const auto url = ParseUrl("postgres://ada:s3cret@db.example:5433/orders?sslmode=disable");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_THAT(url->parameters,
              ElementsAre(Pair("user", "ada"), Pair("password", "s3cret"), Pair("dbname", "orders"),
                          Pair("host", "db.example"), Pair("port", "5433"), Pair("sslmode", "disable")));
  EXPECT_EQ(*url->Find("host"), "db.example");
  EXPECT_EQ(url->Find("options"), nullptr);
}

TEST(ParseUrlTest, ReadsPairsWithQuotes) {
  const auto url = ParseUrl(R"(host=db user=ada password='it\'s a/b@c' dbname=orders)");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(*url->Find("password"), "it's a/b@c");
}

TEST(ParseUrlTest, DecodesWhatIsEscaped) {
  const auto url = ParseUrl("postgresql://ada:a%40b%2Fc%25@db/orders?host=%2Frun%2Fpostgres");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(*url->Find("password"), "a@b/c%");
  EXPECT_EQ(*url->Find("host"), "/run/postgres");
}

TEST(ParseUrlTest, TakesSeveralHostsAndAbstractSockets) {
  EXPECT_EQ(*ParseUrl("postgres://a:b@one:5432,two,three:6432/x?target_session_attrs=read-write")->Find("port"),
            "5432,,6432");
  EXPECT_EQ(*ParseUrl("postgres:///x?host=@abstract")->Find("host"), "@abstract");
  EXPECT_EQ(*ParseUrl("host=/run/a@b,@c,::1 user=ada")->Find("host"), "/run/a@b,@c,::1");
}

// As people mistype them; "hunter" and "seven" stand for pieces of the password.
TEST(ParseUrlTest, RefusesWhatIsMistypedWithoutRepeatingAnyOfIt) {
  for (const std::string text : {"",
                                 "postgress://ada:hunterseven@db/orders",
                                 "postgress://ada:hunterseven@db/orders?sslmode=disable",
                                 "\"postgres://ada:hunterseven@db/orders\"",
                                 "'postgres://ada:hunterseven@db/orders'",
                                 " postgres://ada:hunterseven@db/orders",
                                 "ada:hunterseven@db/orders",
                                 "postgres://ada:hunter%ZZseven@db/orders",
                                 "postgres://ada:hunter%00seven@db/orders",
                                 "postgres://ada:hunter@seven@db/orders",
                                 "postgres://ada:hunter/seven@db/orders",
                                 "postgres://ada:12/seven@db/orders",
                                 "postgres://ada:hunter?seven@hunter@db/orders",
                                 "postgres://ada:hunter/seven?x@db/orders",
                                 "postgres://ada:hunterseven@db:seven/orders",
                                 "postgres://ada:hunterseven@db:0/orders",
                                 "postgres://ada:hunterseven@db:65536/orders",
                                 "postgres://ada:hunterseven@db/orders?sslmode=hunter",
                                 "postgres://ada:hunterseven@db/orders?seven=hunter",
                                 "host=db password=hunter seven user=ada",
                                 "host=ada:hunterseven@db dbname=orders",
                                 "dbname=postgres://ada:hunterseven@db/orders",
                                 "host=db password='hunterseven",
                                 "host=db passwort=hunterseven",
                                 "host=db port=seven password=hunter"}) {
    const auto url = ParseUrl(text);
    EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(ReasonOf(url.status()), "INVALID_DATABASE_URL");
    EXPECT_THAT(MessageOf(url.status()), HasSubstr("must be postgres://"));
    for (const char* piece : {"hunter", "seven", "ada"}) {
      EXPECT_THAT(MessageOf(url.status()), Not(HasSubstr(piece))) << text;
    }
    EXPECT_EQ(ShowUrl(text).status(), url.status());
  }
}

TEST(ShowUrlTest, HidesEveryPassword) {
  EXPECT_EQ(*ShowUrl("postgres://ada:s3cret@db:5433/orders?sslmode=disable"),
            "user=ada password=*** dbname=orders host=db port=5433 sslmode=disable");
  for (const std::string text :
       {"postgres://ada@db/x?password=s3cret", "host=db password=s3cret", "password='s3cret' host=db",
        "postgres://ada:s3cret%40@db/x", "postgres://db/x?sslpassword=s3cret", "postgres://:s3cret@db/x"}) {
    const auto shown = ShowUrl(text);
    ASSERT_TRUE(shown.ok()) << text;
    EXPECT_THAT(*shown, Not(HasSubstr("s3cret"))) << text;
    EXPECT_THAT(*shown, HasSubstr("password=***")) << text;
  }
}

TEST(ShowUrlTest, IsAConnectionStringAgain) {
  const auto shown = ShowUrl(R"(host=db user='a b\'c' dbname='')");
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ(ParseUrl(*shown)->parameters, ParseUrl(R"(host=db user='a b\'c' dbname='')")->parameters);
}

}  // namespace
}  // namespace ordersaga::pg

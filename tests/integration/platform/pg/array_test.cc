// Arrays in PostgreSQL's binary form, read back by a real server.
#include "platform/pg/array.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "platform/pg/session.h"
#include "tests/integration/platform/participant/test_database.h"

namespace ordersaga::pg {
namespace {

class ArrayTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TestDatabase::there()) GTEST_SKIP() << "tests/run gives it a database";
    database = std::make_unique<TestDatabase>([](PqxxSession&) { return absl::OkStatus(); });
    session = std::make_unique<Session>(database->options());
  }
  // What the server makes of the elements, as text; "NULL" for none.
  std::vector<std::string> Read(const std::string& type, Array array) {
    std::vector<std::string> texts;
    status = session->Run([&](Tx& tx) {
      for (const auto& row : tx.Exec("SELECT unnest($1::" + type + "[])::text", std::move(array))) {
        texts.emplace_back(row[0].is_null() ? "NULL" : row[0].c_str());
      }
      return absl::OkStatus();
    });
    return texts;
  }

  using Texts = std::vector<std::string>;
  std::unique_ptr<TestDatabase> database;
  std::unique_ptr<Session> session;
  absl::Status status;
};

TEST_F(ArrayTest, TextsArriveAsTheyAre) {
  const Texts texts = {"", "NULL", "a,b", "{}", "\"quoted\" \\ ", "line\nline", "Zürich ✓", std::string(100'000, 'x')};
  EXPECT_EQ(Read("text", ArrayOf(texts)), texts);
  ASSERT_TRUE(status.ok()) << status;
}

TEST_F(ArrayTest, NumbersArriveToTheirLimits) {
  using Limits16 = std::numeric_limits<std::int16_t>;
  using Limits32 = std::numeric_limits<std::int32_t>;
  using Limits64 = std::numeric_limits<std::int64_t>;
  EXPECT_EQ(Read("smallint", ArrayOf(std::vector<std::int16_t>{Limits16::min(), -1, 0, Limits16::max()})),
            (Texts{"-32768", "-1", "0", "32767"}));
  EXPECT_EQ(Read("integer", ArrayOf(std::vector<std::int32_t>{Limits32::min(), -1, Limits32::max()})),
            (Texts{"-2147483648", "-1", "2147483647"}));
  EXPECT_EQ(Read("bigint", ArrayOf(std::vector<std::int64_t>{Limits64::min(), -1, Limits64::max()})),
            (Texts{"-9223372036854775808", "-1", "9223372036854775807"}));
}

TEST_F(ArrayTest, OtherTypesArriveToo) {
  const std::vector<int> flags = {1, 0};
  EXPECT_EQ(Read("boolean", Column(flags, [](int flag) { return flag == 1; })), (Texts{"true", "false"}));
  const std::string id = "019371a8-9c00-7003-8000-00000000002a";
  EXPECT_EQ(Read("uuid", ArrayOf(std::vector{*Uuid::Parse(id)})), (Texts{id}));
  EXPECT_EQ(Read("jsonb", ArrayOf(std::vector{Json{R"({"a":["\"",1]})"}})), (Texts{R"({"a": ["\"", 1]})"}));
}

TEST_F(ArrayTest, TimesArriveToTheMicrosecond) {
  const std::vector<absl::Time> times = {absl::FromUnixMicros(1'795'000'000'123'456), absl::UnixEpoch(),
                                         absl::FromUnixMicros(-1), absl::InfiniteFuture(), absl::InfinitePast()};
  EXPECT_EQ(Read("timestamptz", ArrayOf(times)), (Texts{"2026-11-18 11:06:40.123456+00", "1970-01-01 00:00:00+00",
                                                        "1969-12-31 23:59:59.999999+00", "infinity", "-infinity"}));
}

TEST_F(ArrayTest, NothingIsNull) {
  const std::vector<std::optional<std::int64_t>> numbers = {std::nullopt, 7, std::nullopt};
  EXPECT_EQ(Read("bigint", ArrayOf(numbers)), (Texts{"NULL", "7", "NULL"}));
  const std::vector<std::optional<std::string>> texts = {"", std::nullopt};
  EXPECT_EQ(Read("text", ArrayOf(texts)), (Texts{"", "NULL"}));
}

TEST_F(ArrayTest, AnEmptyOneHasNoElements) {
  EXPECT_EQ(Read("text", ArrayOf(Texts())), Texts());
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(ArrayTest, AnotherTypeThanTheStatementsIsRefused) {
  EXPECT_EQ(Read("bigint", ArrayOf(std::vector<std::int16_t>{1})), Texts());
  EXPECT_FALSE(status.ok());
}

TEST_F(ArrayTest, ATextThatIsNoneIsABadRow) {
  EXPECT_EQ(Read("text", ArrayOf(Texts{std::string("a\0b", 3)})), Texts());
  EXPECT_EQ(FailureOf(status), PgFailure::kBadRow);
  EXPECT_EQ(Read("text", ArrayOf(Texts{"\xff"})), Texts());
  EXPECT_EQ(FailureOf(status), PgFailure::kBadRow);
}

}  // namespace
}  // namespace ordersaga::pg

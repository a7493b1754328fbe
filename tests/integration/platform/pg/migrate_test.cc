// Migrations against a real PostgreSQL: what they leave, whom they hold up, and what an interrupted one leaves to the
// next.
#include "platform/pg/migrate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "platform/base/error.h"
#include "platform/pg/schema.h"
#include "tests/integration/platform/participant/test_database.h"

namespace ordersaga::pg {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Migration kTable("1.sql", "-- expand: numbers\nCREATE TABLE numbers (n integer);\n");
constexpr Migration kColumn("2.sql", "-- expand: their names\nALTER TABLE numbers ADD COLUMN name text;\n");
constexpr Migration kIndex(
    "3.sql", "-- expand, concurrently: found by n\nCREATE UNIQUE INDEX CONCURRENTLY by_n ON numbers (n);\n");
constexpr Migration kBroken("2.sql", "-- expand: nothing\nCREATE TABLE other (n integer);\nSELECT 1 / 0;\n");

class MigrateTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TestDatabase::there()) GTEST_SKIP() << "TEST_DATABASE_URL is not set";
    database_.emplace([](PqxxSession&) { return absl::OkStatus(); });
  }
  absl::Status Apply(const Migrations& migrations) {
    PqxxSession session(ForMigrations(database_->options()));
    return Migrate(session, migrations, clock_,
                   [this](const Migration& migration, absl::Duration) { told_.emplace_back(migration.name); });
  }
  SchemaState State(const Migrations& migrations) const {
    PqxxSession session(database_->options());
    const absl::StatusOr<SchemaState> state = ReadSchema(session, migrations);
    EXPECT_TRUE(state.ok()) << state.status();
    return state.value_or(SchemaState());
  }
  std::string Remembered() const {
    return database_->Ask("SELECT string_agg(name || ' ' || kind, ', ' ORDER BY name) FROM schema_migrations");
  }
  std::string Ask(const std::string& sql) const { return database_->Ask(sql); }

  SystemClock clock_;
  std::optional<TestDatabase> database_;
  std::vector<std::string> told_;
};

TEST_F(MigrateTest, AnEmptyDatabaseGetsAllOfThemAndTellsEach) {
  EXPECT_EQ(State({{kTable, kColumn}}).missing.size(), 2U);
  ASSERT_TRUE(Apply({{kTable, kColumn, kIndex}}).ok());
  EXPECT_THAT(told_, ElementsAre("1.sql", "2.sql", "3.sql"));
  EXPECT_EQ(Remembered(), "1.sql expand, 2.sql expand, 3.sql expand");
  EXPECT_TRUE(State({{kTable, kColumn, kIndex}}).complete());
  told_.clear();
  EXPECT_TRUE(Apply({{kTable, kColumn, kIndex}}).ok());
  EXPECT_THAT(told_, ElementsAre());
}

TEST_F(MigrateTest, AnEmptyDatabaseIsMadeWholeOrNotAtAll) {
  EXPECT_FALSE(Apply({{kTable, kBroken}}).ok());
  EXPECT_EQ(Ask("SELECT count(*) FROM schema_migrations"), "0");
  EXPECT_EQ(Ask("SELECT to_regclass('numbers') IS NULL"), "t");
}

TEST_F(MigrateTest, OneThatFailsLeavesNothingButThoseBeforeIt) {
  ASSERT_TRUE(Apply({{kTable}}).ok());
  const Migration last("3.sql", "-- contract: no names\nALTER TABLE numbers DROP COLUMN name;\n");
  const Migration fails("4.sql", "-- expand: nothing\nCREATE TABLE other (n integer);\nSELECT 1 / 0;\n");
  EXPECT_FALSE(Apply({{kTable, kColumn, last, fails}}).ok());
  EXPECT_EQ(Remembered(), "1.sql expand, 2.sql expand, 3.sql contract");
  EXPECT_EQ(Ask("SELECT to_regclass('other') IS NULL"), "t");
}

TEST_F(MigrateTest, ADatabaseFromBeforeKindsWereRememberedGoesOn) {
  database_->Do(
      "CREATE TABLE schema_migrations (name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL "
      "DEFAULT now()); CREATE TABLE numbers (n integer)");
  database_->Do("INSERT INTO schema_migrations VALUES ('1.sql', '" + ChecksumOf(kTable) + "')");
  EXPECT_EQ(State({{kTable, kColumn}}).missing.size(), 1U);
  ASSERT_TRUE(Apply({{kTable, kColumn}}).ok());
  EXPECT_EQ(Ask("SELECT string_agg(name || ' ' || coalesce(kind, '?'), ', ' ORDER BY name) FROM schema_migrations"),
            "1.sql ?, 2.sql expand");
  EXPECT_EQ(ReasonOf(MayMigrate(State({{kColumn}}))), "SCHEMA_TOO_NEW") << "1.sql may be anything";
}

TEST_F(MigrateTest, WhoHasNoRightToCreateAppliesNothingAndReadsAll) {
  ASSERT_TRUE(Apply({{kTable}}).ok());
  const std::string role = "reader_" + Ask("SELECT current_database()");
  database_->Do("CREATE ROLE " + role + " LOGIN PASSWORD 'x'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role);
  const auto as_reader = [&](const Migrations& migrations) {
    SessionOptions options = database_->options();
    options.settings = {"SET SESSION AUTHORIZATION " + role};
    PqxxSession session(options);
    return Migrate(session, migrations, clock_);
  };
  EXPECT_TRUE(as_reader({{kTable}}).ok()) << "nothing is missing, so no DDL is run";
  EXPECT_THAT(MessageOf(as_reader({{kTable, kColumn}})), HasSubstr("permission denied"));
  database_->Do("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

// What others ask meanwhile waits for at most a second behind the migration, and is then answered.
TEST_F(MigrateTest, ATableThatOthersHoldIsAskedForOnlyForASecond) {
  ASSERT_TRUE(Apply({{kTable}}).ok());
  Connection holder({.url = database_->options().url, .application_name = "holder"});
  holder.Script("BEGIN; SELECT * FROM numbers");
  auto migrating = std::async(std::launch::async, [this] { return Apply({{kTable, kColumn}}); });
  database_->Await("SELECT count(*) FROM pg_locks WHERE relation = to_regclass('numbers') AND NOT granted", "1");
  const absl::Duration begun = clock_.Monotonic();
  database_->Do("INSERT INTO numbers VALUES (7)");
  EXPECT_LT(clock_.Monotonic() - begun, absl::Seconds(3));
  const absl::Status status = migrating.get();
  EXPECT_EQ(FailureOf(status), PgFailure::kLocked) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("2.sql waits for what others hold: perhaps holder (process "));
  holder.Script("COMMIT");
  EXPECT_TRUE(Apply({{kTable, kColumn}}).ok());
}

TEST_F(MigrateTest, AProgramThatStartsSaysWhatItWaitsForAndGoesOn) {
  ASSERT_TRUE(Apply({{kTable}}).ok());
  Connection holder({.url = database_->options().url, .application_name = "holder"});
  holder.Script("BEGIN; SELECT * FROM numbers");
  Schema schema(database_->options(), {{kTable, kColumn}}, MigrateSettings{}, clock_);
  auto starting = std::async(std::launch::async, [&] { return schema.Start(); });
  while (MessageOf(schema.Check()).find("2.sql waits for what others hold") == std::string::npos) {
    ASSERT_NE(starting.wait_for(std::chrono::milliseconds(10)), std::future_status::ready) << starting.get();
  }
  holder.Script("COMMIT");
  EXPECT_TRUE(starting.get().ok());
  EXPECT_TRUE(schema.Check().ok());
  EXPECT_TRUE(State({{kTable, kColumn}}).complete());
}

TEST_F(MigrateTest, AnIndexIsBuiltWhileOthersWrite) {
  ASSERT_TRUE(Apply({{kTable, kColumn}}).ok());
  database_->Do("INSERT INTO numbers SELECT generate_series(1, 1000)");
  Connection writer({.url = database_->options().url, .application_name = "writer"});
  writer.Script("BEGIN; INSERT INTO numbers VALUES (-1)");
  auto building = std::async(std::launch::async, [this] { return Apply({{kTable, kColumn, kIndex}}); });
  database_->Await("SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database()", "1");
  database_->Do("INSERT INTO numbers VALUES (-2)");  // another one, which does not wait
  writer.Script("COMMIT");
  EXPECT_TRUE(building.get().ok());
  EXPECT_EQ(Ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_n'::regclass"), "t");
  EXPECT_THAT(told_, ElementsAre("1.sql", "2.sql", "3.sql"));
}

TEST_F(MigrateTest, AnIndexThatAnInterruptedBuildHasLeftIsBuiltAnew) {
  ASSERT_TRUE(Apply({{kTable, kColumn}}).ok());
  Connection writer({.url = database_->options().url, .application_name = "writer"});
  writer.Script("BEGIN; INSERT INTO numbers VALUES (1)");
  auto building = std::async(std::launch::async, [this] { return Apply({{kTable, kColumn, kIndex}}); });
  database_->Await("SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('by_n') AND NOT indisvalid", "1");
  Ask("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_progress_create_index WHERE datname = current_database()");
  EXPECT_FALSE(building.get().ok());
  writer.Script("COMMIT");
  EXPECT_EQ(Ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_n'::regclass"), "f");

  ASSERT_TRUE(Apply({{kTable, kColumn, kIndex}}).ok());
  EXPECT_EQ(Ask("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_n'::regclass"), "t");
  EXPECT_EQ(Remembered(), "1.sql expand, 2.sql expand, 3.sql expand");
}

TEST_F(MigrateTest, AnIndexWhoseBuilderDiedBeforeHeRecordedItIsKept) {
  ASSERT_TRUE(Apply({{kTable, kColumn}}).ok());
  database_->Do("CREATE UNIQUE INDEX by_n ON numbers (n)");
  const std::string made = Ask("SELECT 'by_n'::regclass::oid");
  ASSERT_TRUE(Apply({{kTable, kColumn, kIndex}}).ok());
  EXPECT_EQ(Ask("SELECT 'by_n'::regclass::oid"), made);
}

TEST_F(MigrateTest, ManyThatStartAtOnceApplyEachOnce) {
  std::vector<std::thread> programs;
  std::atomic<int> failed = 0;
  for (int i = 0; i < 8; ++i) {
    programs.emplace_back([&] {
      PqxxSession session(ForMigrations(database_->options()));
      absl::Status status;
      do {
        status = Migrate(session, {{kTable, kColumn, kIndex}}, clock_);
      } while (FailureOf(status) == PgFailure::kUnavailable);
      failed += status.ok() ? 0 : 1;
    });
  }
  for (std::thread& program : programs) program.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(Remembered(), "1.sql expand, 2.sql expand, 3.sql expand");
}

}  // namespace
}  // namespace ordersaga::pg

#include "platform/pg/schema_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/base/error.h"
#include "platform/pg/migrate_plan.h"

namespace ordersaga::pg {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr Migration kOrders("1.sql", "-- expand: orders\nCREATE TABLE orders (id text);\n");
constexpr Migration kFound(
    "2.sql",
    "-- expand, concurrently: orders are found\n-- by id\nCREATE UNIQUE INDEX CONCURRENTLY found ON orders (id);\n");
constexpr Migration kGone("3.sql", "-- contract: no orders\nDROP TABLE orders;\n");
const Migrations kThree{{kOrders, kFound, kGone}};

AppliedMigration Applied(const Migration& migration) {
  return {std::string(migration.name), ChecksumOf(migration), std::string(Name(migration.kind))};
}
std::string ReasonWhy(const absl::Status& status) {
  return ReasonOf(status) + ": " + MessageOf(status);
}

TEST(MigrationTest, SaysInItsFirstLineWhatItIs) {
  EXPECT_EQ(kOrders.kind, MigrationKind::kExpand);
  EXPECT_EQ(kOrders.what, "orders");
  EXPECT_EQ(kOrders.sql, "CREATE TABLE orders (id text);\n");
  EXPECT_EQ(kOrders.index, "");
  EXPECT_EQ(kFound.index, "found");
  EXPECT_EQ(kGone.kind, MigrationKind::kContract);
}

TEST(MigrationTest, RefusesWhatSaysNothing) {
  for (const char* text :
       {"", "-- orders\nSELECT 1", "-- expand\nSELECT 1", "-- expand:\nSELECT 1", "-- expand: nothing below",
        "-- expandable: x\nSELECT 1", "-- contract, concurrently: x\nDROP INDEX CONCURRENTLY i"}) {
    EXPECT_THROW(Migration("x.sql", text), std::invalid_argument) << text;
  }
}

TEST(MigrationTest, BuildsOneIndexAloneConcurrently) {
  for (const char* sql : {"CREATE INDEX i ON t (c);", "CREATE INDEX CONCURRENTLY ON t (c);", "SELECT 1",
                          "CREATE INDEX CONCURRENTLY i ON t (c); CREATE INDEX CONCURRENTLY j ON t (c);",
                          "CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON t (c);", "-- only a comment"}) {
    EXPECT_THROW(Migration("x.sql", std::string("-- expand, concurrently: x\n") + sql), std::invalid_argument) << sql;
  }
}

TEST(SchemaStateTest, ItsFirstLineMayBeMended) {
  const Migration mended("1.sql", "-- expand: all orders\nCREATE TABLE orders (id text);\n");
  EXPECT_EQ(ChecksumOf(mended), ChecksumOf(kOrders));
}

TEST(SchemaStateTest, OneStepOlderWorks) {
  const SchemaState state = Compare(kThree, {Applied(kOrders), Applied(kFound)});
  EXPECT_TRUE(MayWork(state, "payment").ok());
  EXPECT_EQ(state.missing.size(), 1U);
}

TEST(SchemaStateTest, ItWorksWithoutAllThatItsReleaseBrought) {
  const Migrations two_new{kThree.list, 2};
  EXPECT_TRUE(MayWork(Compare(two_new, {Applied(kOrders)}), "payment").ok());
  EXPECT_FALSE(MayWork(Compare(two_new, {}), "payment").ok());
}

TEST(SchemaStateTest, OlderIsRefusedNamingBothVersions) {
  const SchemaState state = Compare(kThree, {Applied(kOrders)});
  EXPECT_TRUE(MayMigrate(state).ok());
  EXPECT_EQ(ReasonWhy(MayWork(state, "payment")),
            "SCHEMA_TOO_OLD: the database is 2 steps older than this program (version 1, not 3): type `payment migrate "
            "--apply`");
}

TEST(SchemaStateTest, AnEmptyDatabaseIsNotOneStepOlder) {
  const SchemaState state = Compare({{kOrders}}, {});
  EXPECT_EQ(ReasonWhy(MayWork(state, "payment")),
            "SCHEMA_TOO_OLD: the database is empty: type `payment migrate --apply`");
}

TEST(SchemaStateTest, UnknownExpandsWork) {
  for (const std::vector<AppliedMigration>& unknown :
       {std::vector<AppliedMigration>{Applied(kFound)}, {Applied(kFound), {"3.sql", "x", "expand"}}}) {
    std::vector<AppliedMigration> applied = {Applied(kOrders)};
    applied.insert(applied.end(), unknown.begin(), unknown.end());
    const SchemaState state = Compare({{kOrders}}, applied);
    EXPECT_TRUE(MayMigrate(state).ok());
    EXPECT_TRUE(MayWork(state, "payment").ok());
  }
}

TEST(SchemaStateTest, AnUnknownContractDoesNot) {
  for (const char* kind : {"contract", ""}) {
    const SchemaState state = Compare({{kOrders, kFound}}, {Applied(kOrders), Applied(kFound), {"3.sql", "x", kind}});
    EXPECT_EQ(
        ReasonWhy(MayMigrate(state)),
        "SCHEMA_TOO_NEW: a step of the database's that is newer than this program, 3.sql, may have taken away what it "
        "needs (version 3, not 2): start a program of schema version 3 or later");
    EXPECT_EQ(MayWork(state, "payment"), MayMigrate(state));
  }
}

TEST(SchemaStateTest, AContractAmongUnknownExpandsIsNamed) {
  const SchemaState state =
      Compare({{kOrders}}, {Applied(kOrders), {"2.sql", "x", "expand"}, {"3.sql", "x", "contract"}});
  EXPECT_THAT(MessageOf(MayMigrate(state)), HasSubstr("newer than this program, 3.sql,"));
}

TEST(SchemaStateTest, ADatabaseOfAnotherLineIsRefused) {
  const std::string advice =
      "SCHEMA_MISMATCH: the database was made by an unreleased version: its migration 1.sql is not one of this "
      "program's; "
      "begin with an empty database";
  AppliedMigration changed = Applied(kOrders);
  changed.checksum = "another";
  EXPECT_EQ(ReasonWhy(MayMigrate(Compare(kThree, {changed}))), advice);
  EXPECT_EQ(ReasonWhy(MayWork(Compare({{kFound}}, {Applied(kOrders)}), "payment")), advice);
}

TEST(MigratePlanTest, ShowsPeopleWhatIsMissing) {
  EXPECT_EQ(PlanAsTable(Compare(kThree, {Applied(kOrders)}), "payment"),
            "The database is at version 1, payment knows version 3.\n"
            "STEP   KIND                  WHAT IT DOES\n"
            "2.sql  expand, concurrently  orders are found\n"
            "3.sql  contract              no orders\n");
  EXPECT_THAT(PlanAsTable(Compare({{kOrders}}, {Applied(kOrders)}), "payment"),
              HasSubstr("There is nothing to apply.\n"));
}

TEST(MigratePlanTest, ShowsProgramsAllOfIt) {
  EXPECT_EQ(PlanAsJson(Compare({{kOrders, kGone}}, {Applied(kOrders)})),
            R"({"database_version":1,"program_version":2,"problem":null,"steps":[{"name":"3.sql","kind":"contract",)"
            R"("concurrently":false,"what":"no orders","sql":"DROP TABLE orders;\n"}],"unknown":[]})"
            "\n");
  EXPECT_THAT(PlanAsJson(Compare({{kOrders}}, {Applied(kOrders), {"2.sql", "x", "contract"}})),
              AllOf(HasSubstr(R"("problem":"a step of the database's that is newer than this program, 2.sql,)"),
                    HasSubstr(R"("unknown":["2.sql"])")));
}

}  // namespace
}  // namespace ordersaga::pg

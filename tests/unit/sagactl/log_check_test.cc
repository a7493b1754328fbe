#include "sagactl/log_check.h"

#include <gmock/gmock.h>

namespace ordersaga::cli {
namespace {

using orchestrator::LogChain;
using orchestrator::LogHead;
using orchestrator::LogRow;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kKey[] = "the key of the log";

// Rows 1 to 4 of shard 5.
std::vector<LogRow> FourRows(const std::string& key = kKey) {
  const LogChain chain(key);
  LogHead head;
  std::vector<LogRow> rows(4);
  for (LogRow& row : rows) {
    row.shard = 5;
    row.at = absl::FromUnixSeconds(1'700'000'000);
    row.by = "olga";
    row.verb = "retry";
    row.reason = "ticket 4711";
    chain.Append(head, row);
  }
  return rows;
}

std::vector<std::string> Findings(const std::vector<LogRow>& rows, const std::vector<LogHead>& known = {}) {
  LogCheck check(kKey);
  for (const LogHead& head : known) check.Expect(5, head);
  for (const LogRow& row : rows) check.Add(row);
  check.Finish();
  return check.findings();
}

TEST(LogCheckTest, WhatIsAsItWasWrittenHasNoFinding) {
  const std::vector<LogRow> rows = FourRows();
  EXPECT_THAT(Findings(rows, {{rows[1].number, rows[1].mac}, {rows[3].number, rows[3].mac}}), IsEmpty());
}

TEST(LogCheckTest, EachFieldThatIsAlteredIsSeen) {
  const std::vector<void (*)(LogRow&)> alterations = {[](LogRow& row) { row.at += absl::Seconds(1); },
                                                      [](LogRow& row) { row.by = "hans"; },
                                                      [](LogRow& row) { row.from = "10.0.0.7"; },
                                                      [](LogRow& row) { row.verb = "skip"; },
                                                      [](LogRow& row) { row.subject = "another"; },
                                                      [](LogRow& row) { row.version = 9; },
                                                      [](LogRow& row) { row.before = "forward"; },
                                                      [](LogRow& row) { row.after = "forward"; },
                                                      [](LogRow& row) { row.reason = "no reason"; },
                                                      [](LogRow& row) { row.reason_digest = "00"; },
                                                      [](LogRow& row) { row.mac = "00"; }};
  for (const auto& alter : alterations) {
    std::vector<LogRow> rows = FourRows();
    alter(rows[1]);
    EXPECT_THAT(Findings(rows), Not(IsEmpty()));
  }
}

TEST(LogCheckTest, ARowThatWasRemovedIsSeen) {
  std::vector<LogRow> rows = FourRows();
  rows.erase(rows.begin() + 1);
  EXPECT_THAT(Findings(rows), ElementsAre(HasSubstr("row 3: 1 rows before it are missing")));
}

TEST(LogCheckTest, ARowThatWasInsertedIsSeenEvenIfTheOthersMoveUp) {
  std::vector<LogRow> rows = FourRows();
  rows.insert(rows.begin() + 2, rows[1]);
  for (std::size_t i = 2; i < rows.size(); ++i) ++rows[i].number;
  EXPECT_THAT(Findings(rows), Not(IsEmpty()));
}

TEST(LogCheckTest, ATailThatWasCutIsSeenByAHeadThatWasNoted) {
  const std::vector<LogRow> rows = FourRows();
  const std::vector<LogRow> cut(rows.begin(), rows.begin() + 2);
  EXPECT_THAT(Findings(cut), IsEmpty());
  EXPECT_THAT(Findings(cut, {{4, rows[3].mac}}), ElementsAre("shard 5: row 4 was there once and is missing"));
}

TEST(LogCheckTest, AChainMadeAnewWithoutTheKeyIsSeen) {
  EXPECT_THAT(Findings(FourRows("another key")), Not(IsEmpty()));
  EXPECT_THAT(Findings(FourRows("")), Not(IsEmpty()));
}

TEST(LogCheckTest, AnErasedReasonLeavesTheChainVerifiable) {
  std::vector<LogRow> rows = FourRows();
  rows[2].reason.clear();
  LogCheck check(kKey);
  for (const LogRow& row : rows) check.Add(row);
  check.Finish();
  EXPECT_THAT(check.findings(), IsEmpty());
  EXPECT_EQ(check.erased(), 1);
}

}  // namespace
}  // namespace ordersaga::cli

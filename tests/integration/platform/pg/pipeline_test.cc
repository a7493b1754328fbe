// Pipelines against a real server: what is answered, and what is not run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <vector>

#include "platform/pg/migrate.h"
#include "tests/integration/platform/pg/session_fixture.h"

namespace ordersaga::pg {
namespace {

using PipelineTest = SessionFixture<Session>;

// With what every database of ours has: all_or_raise.
class RaiseTest : public PipelineTest {
 protected:
  void SetUp() override {
    PipelineTest::SetUp();
    if (IsSkipped()) return;
    PqxxSession setup(database->options());
    ASSERT_TRUE(Migrate(setup, {}, SystemClock()).ok());
  }
};

TEST_F(PipelineTest, AnswersEveryStatementOfAPipeline) {
  const absl::Status status = session->Run([&](Tx& tx) {
    const Reply first = tx.Queue("SELECT $1::text", "a");
    const Reply second = tx.Queue("SELECT n FROM numbers WHERE n > $1 ORDER BY n", 0);
    const Reply third = tx.Queue("SELECT $1::text", std::optional<std::string>());
    tx.Wait();
    EXPECT_EQ(first.rows()[0][0].view(), "a");
    EXPECT_EQ(second.rows().size(), 2U);
    EXPECT_EQ(second.rows()[1][0].as<int>(), 2);
    EXPECT_TRUE(third.rows()[0][0].is_null());
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(PipelineTest, AQueuedStatementThatFailsFailsTheTransaction) {
  const absl::Status status = session->Run([](Tx& tx) {
    for (const int n : {3, 2, 4}) tx.Queue("INSERT INTO numbers VALUES ($1)", n);
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kBadRow);
  EXPECT_EQ(Count(), "2");
}

TEST_F(PipelineTest, WhatFollowsAFailureIsNotRun) {
  Reply after;
  const absl::Status status = session->Run([&](Tx& tx) {
    tx.Queue("SELECT 1 / $1::integer", 0);
    after = tx.Queue("SELECT 1");
    tx.Wait();
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kBadRow);
  EXPECT_FALSE(after.rows().done());
}

// The COMMIT travels behind what raises, and is not run.
TEST_F(RaiseTest, WhatIsRaisedIsToldAndNothingIsCommitted) {
  const absl::Status status = session->Run([](Tx& tx) {
    tx.Queue("INSERT INTO numbers VALUES (3)");
    tx.Queue("SELECT all_or_raise('OS002', ARRAY[1, 2, 3], ARRAY[2])");
    tx.Queue("INSERT INTO numbers VALUES (2)");  // which is there: what is raised comes first
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kRaised);
  EXPECT_EQ(RaisedBy(status).sqlstate, "OS002");
  EXPECT_THAT(RaisedBy(status).missing, ::testing::UnorderedElementsAre("1", "3"));
  EXPECT_EQ(Count(), "2");
  EXPECT_TRUE(Insert({3}).ok()) << "the connection is as good as before";
}

TEST_F(RaiseTest, NothingIsRaisedWhenAllIsThere) {
  const absl::Status status = session->Run([](Tx& tx) {
    tx.Queue("SELECT all_or_raise('OS002', ARRAY[1, 2], ARRAY[2, 1])");
    tx.Queue("SELECT all_or_raise('OS002', ARRAY[]::integer[], ARRAY[]::integer[])");
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(PipelineTest, ALossAmongStatementsThatTravelWithTheCommitIsInDoubt) {
  SessionOptions options = database->options();
  options.answer_timeout = absl::Milliseconds(300);
  Session patient(options);
  int frozen = 0;
  const absl::Status status = patient.Run([&](Tx& tx) {
    frozen = tx.Exec("SELECT pg_backend_pid()")[0][0].as<int>();
    EXPECT_EQ(kill(frozen, SIGSTOP), 0);
    tx.Queue("INSERT INTO numbers VALUES (3)");
    return absl::OkStatus();
  });
  kill(frozen, SIGCONT);
  EXPECT_EQ(FailureOf(status), PgFailure::kInDoubt);
}

TEST_F(PipelineTest, ALossBeforeTheCommitWasReachedIsNoDoubtIfTheServerSaysSo) {
  std::future<absl::Status> status = std::async(std::launch::async, [&] {
    return session->Run([](Tx& tx) {
      tx.Queue("SELECT pg_sleep(600)");
      return absl::OkStatus();
    });
  });
  while (database->Ask("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = "
                       "current_database()") == "0") {
  }
  database->CutConnections();
  EXPECT_EQ(FailureOf(status.get()), PgFailure::kUnavailable);
}

TEST_F(PipelineTest, ALossAtTheCommitIsInDoubt) {
  ASSERT_TRUE(Insert({4}).ok());  // the server knows the text of COMMIT: there is nothing else to answer
  const absl::Status status = session->Run([&](Tx& tx) {
    tx.Exec("INSERT INTO numbers VALUES (3)");
    database->CutConnections();
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kInDoubt);
  EXPECT_TRUE(Insert({5}).ok());
}

TEST_F(PipelineTest, ManyLargeStatementsInOnePipelineDoNotBlock) {
  const std::string large(1 << 20, 'x');
  std::vector<Reply> replies;
  const absl::Status status = session->Run([&](Tx& tx) {
    for (int i = 0; i < 32; ++i) replies.push_back(tx.Queue("SELECT $1::text", large));
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  for (const Reply& reply : replies) EXPECT_EQ(reply.rows()[0][0].view(), large);
}

}  // namespace
}  // namespace ordersaga::pg

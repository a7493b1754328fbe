// Pipelines against a real server: what is answered, what is not run, and what is left of a connection afterwards.
#include "platform/pg/session.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "tests/integration/participant/test_database.h"

namespace ordersaga::pg {
namespace {

class SessionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TestDatabase::there()) GTEST_SKIP() << "tests/run gives it a database";
    database = std::make_unique<TestDatabase>([](Session& session) {
      return session.Run([](Tx& tx) {
        tx.Script("CREATE TABLE numbers (n integer PRIMARY KEY); INSERT INTO numbers VALUES (1), (2)");
        return absl::OkStatus();
      });
    });
    session = std::make_unique<Session>(database->options());
  }
  absl::Status Insert(const std::vector<int>& numbers) const {
    return session->Run([&](Tx& tx) {
      for (const int n : numbers) tx.Queue("INSERT INTO numbers VALUES ($1)", n);
      return absl::OkStatus();
    });
  }
  std::string Count() const { return database->Ask("SELECT count(*) FROM numbers"); }
  std::string Backend() const {
    std::string pid;
    EXPECT_TRUE(session
                    ->Run([&](Tx& tx) {
                      pid = tx.Exec("SELECT pg_backend_pid()")[0][0].c_str();
                      return absl::OkStatus();
                    })
                    .ok());
    return pid;
  }
  void AwaitEnd(const std::string& pid) const {
    while (database->Ask("SELECT count(*) FROM pg_stat_activity WHERE pid = " + pid) != "0") {
    }
  }

  std::unique_ptr<TestDatabase> database;
  std::unique_ptr<Session> session;
};

TEST_F(SessionTest, AnswersEveryStatementOfAPipeline) {
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

TEST_F(SessionTest, ParsesATextOnce) {
  for (int i = 3; i < 10; ++i) ASSERT_TRUE(Insert({i}).ok());
  const absl::Status status = session->Run([](Tx& tx) {
    EXPECT_EQ(tx.Exec("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT%'")[0][0].as<int>(), 1);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(SessionTest, AQueuedStatementThatFailsFailsTheTransaction) {
  EXPECT_EQ(FailureOf(Insert({3, 2, 4})), PgFailure::kBadRow);
  EXPECT_EQ(Count(), "2");
  EXPECT_TRUE(Insert({3, 4}).ok());
  EXPECT_EQ(Count(), "4");
}

TEST_F(SessionTest, WhatFollowsAFailureIsNotRun) {
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

TEST_F(SessionTest, ATransactionThatFailedIsNotTakenForCommitted) {
  const absl::Status status = session->Run([](Tx& tx) {
    tx.Queue("INSERT INTO numbers VALUES (3)");
    tx.Queue("SELECT 1 / $1::integer", 0);
    try {
      tx.Wait();
    } catch (const SqlError&) {
      // and then goes on as if nothing had been
    }
    return absl::OkStatus();
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(Count(), "2");
}

TEST_F(SessionTest, AStatementThatCouldNotBeParsedIsParsedWhenItCanBe) {
  const auto ask = [&] {
    return session->Run([](Tx& tx) {
      tx.Exec("SELECT * FROM later");
      return absl::OkStatus();
    });
  };
  EXPECT_FALSE(ask().ok());
  database->Do("CREATE TABLE later (n integer)");
  EXPECT_TRUE(ask().ok());
}

TEST_F(SessionTest, APlanThatNoLongerFitsHealsOnANewConnection) {
  const auto ask = [&] {
    return session->Run([](Tx& tx) {
      tx.Exec("SELECT * FROM numbers");
      return absl::OkStatus();
    });
  };
  ASSERT_TRUE(ask().ok());
  database->Do("ALTER TABLE numbers ADD COLUMN name text");
  EXPECT_FALSE(ask().ok());
  EXPECT_TRUE(ask().ok());
}

TEST_F(SessionTest, AServerThatWentWhileNothingWasAskedIsNotNoticed) {
  const std::string before = Backend();
  database->CutConnections();
  AwaitEnd(before);
  EXPECT_NE(Backend(), before);
}

TEST_F(SessionTest, ALossBeforeTheCommitIsNoDoubt) {
  const absl::Status status = session->Run([&](Tx& tx) {
    tx.Exec("INSERT INTO numbers VALUES (3)");
    database->CutConnections();
    tx.Exec("INSERT INTO numbers VALUES (4)");
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kUnavailable);
  EXPECT_EQ(Count(), "2");
}

TEST_F(SessionTest, ALossAtTheCommitIsInDoubt) {
  const absl::Status status = session->Run([&](Tx& tx) {
    tx.Exec("INSERT INTO numbers VALUES (3)");
    database->CutConnections();
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kInDoubt);
  EXPECT_TRUE(Insert({5}).ok());
}

TEST_F(SessionTest, ATransactionEndedAsIdleIsNoDoubt) {
  SessionOptions options = database->options();
  options.idle_in_transaction_timeout = absl::Milliseconds(50);
  Session impatient(options);
  const absl::Status status = impatient.Run([&](Tx& tx) {
    const std::string pid = tx.Exec("SELECT pg_backend_pid()")[0][0].c_str();
    AwaitEnd(pid);
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kUnavailable);
}

TEST_F(SessionTest, ManyLargeStatementsInOnePipelineDoNotBlock) {
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

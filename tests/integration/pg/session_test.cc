// Pipelines against a real server: what is answered, what is not run, and what is left of a connection afterwards.
#include "platform/pg/session.h"

#include <gtest/gtest.h>

#include <csignal>
#include <future>
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

  // Its commits wait for a standby that never comes.
  std::unique_ptr<Session> Waiting(absl::Duration answer_timeout = absl::Seconds(60)) const {
    SessionOptions options = database->synchronous_options();
    options.answer_timeout = answer_timeout;
    return std::make_unique<Session>(options);
  }
  static std::future<absl::Status> Begin(Session& on, const std::string& sql) {
    return std::async(std::launch::async, [&on, sql] {
      return on.Run([&](Tx& tx) {
        tx.Exec(sql);
        return absl::OkStatus();
      });
    });
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

TEST_F(SessionTest, ACommitThatIsOnlyLocalIsInDoubt) {
  const std::unique_ptr<Session> waiting = Waiting();
  std::future<absl::Status> status = Begin(*waiting, "INSERT INTO numbers VALUES (3)");
  database->AwaitCommitThatWaits();
  EXPECT_EQ(Count(), "2") << "nobody sees it yet";
  database->CutWaitsShort();
  EXPECT_EQ(FailureOf(status.get()), PgFailure::kInDoubt);
  EXPECT_EQ(Count(), "3") << "here it is; after a failover it would be gone";
}

TEST_F(SessionTest, WhatBecameOfADoubtIsToldByACommitWithTheSameRule) {
  const std::unique_ptr<Session> waiting = Waiting();
  std::future<absl::Status> question = Begin(*waiting, "SELECT n FROM numbers WHERE n = 1 FOR UPDATE");
  database->AwaitCommitThatWaits();
  database->CutWaitsShort();
  EXPECT_EQ(FailureOf(question.get()), PgFailure::kInDoubt) << "a local answer is again a doubt";
}

TEST_F(SessionTest, ACommitThatWaitsTooLongIsInDoubtAndIsNotCancelled) {
  const std::unique_ptr<Session> waiting = Waiting(absl::Milliseconds(300));
  std::future<absl::Status> status = Begin(*waiting, "INSERT INTO numbers VALUES (3)");
  EXPECT_EQ(FailureOf(status.get()), PgFailure::kInDoubt);
  EXPECT_EQ(database->CommitsThatWait(), "1") << "the server goes on waiting";
  EXPECT_EQ(Count(), "2");
}

TEST_F(SessionTest, ASessionWithACommitThatStillWaitsLeavesNoOtherBehind) {
  const std::unique_ptr<Session> waiting = Waiting(absl::Milliseconds(300));
  ASSERT_EQ(FailureOf(Begin(*waiting, "INSERT INTO numbers VALUES (3)").get()), PgFailure::kInDoubt);
  for (int i = 4; i < 20; ++i) {
    const absl::Status status = Begin(*waiting, "INSERT INTO numbers VALUES (" + std::to_string(i) + ")").get();
    EXPECT_EQ(FailureOf(status), PgFailure::kUnavailable) << status;
  }
  EXPECT_EQ(database->CommitsThatWait(), "1");
  database->CutWaitsShort();
  while (database->CommitsThatWait() != "0") {
  }
  EXPECT_TRUE(Begin(*waiting, "SELECT 1").get().ok()) << "answered: it goes on";
  EXPECT_EQ(Count(), "3");
}

TEST_F(SessionTest, AServerThatFreezesIsGivenUp) {
  SessionOptions options = database->options();
  options.answer_timeout = absl::Milliseconds(300);
  Session patient(options);
  int frozen = 0;
  const absl::Status status = patient.Run([&](Tx& tx) {
    frozen = tx.Exec("SELECT pg_backend_pid()")[0][0].as<int>();
    EXPECT_EQ(kill(frozen, SIGSTOP), 0);
    tx.Exec("INSERT INTO numbers VALUES (3)");
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kUnavailable) << status;
  EXPECT_TRUE(
      patient.Run([](Tx& tx) { return tx.Exec("SELECT 1").empty() ? absl::InternalError("") : absl::OkStatus(); }).ok())
      << "another server process answers";
  kill(frozen, SIGCONT);
  AwaitEnd(std::to_string(frozen));
  EXPECT_EQ(Count(), "2");
}

TEST_F(SessionTest, AServerThatFreezesAtTheCommitLeavesADoubt) {
  SessionOptions options = database->options();
  options.answer_timeout = absl::Milliseconds(300);
  Session patient(options);
  int frozen = 0;
  const absl::Status status = patient.Run([&](Tx& tx) {
    frozen = tx.Exec("SELECT pg_backend_pid()")[0][0].as<int>();
    tx.Exec("INSERT INTO numbers VALUES (3)");
    EXPECT_EQ(kill(frozen, SIGSTOP), 0);
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kInDoubt) << status;
  kill(frozen, SIGCONT);
  AwaitEnd(std::to_string(frozen));
  EXPECT_EQ(Count(), "3") << "the COMMIT had arrived";
}

TEST_F(SessionTest, AReaderThatDoesNotFitItsStatementIsNoOutage) {
  const absl::Status status = session->Run([](Tx& tx) {
    tx.Exec("SELECT 'a'")[0][0].as<int>();
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kOther) << status;
}

TEST_F(SessionTest, TimesOfAnyYearArriveAsTheyAre) {
  const auto sent = [&](absl::Time time) {
    std::string seen;
    EXPECT_TRUE(session
                    ->Run([&](Tx& tx) {
                      seen = tx.Exec("SELECT $1::timestamptz::text", time)[0][0].c_str();
                      return absl::OkStatus();
                    })
                    .ok());
    return seen;
  };
  const absl::TimeZone utc = absl::UTCTimeZone();
  EXPECT_EQ(sent(absl::FromCivil(absl::CivilDay(12, 12, 31), utc)), "0012-12-31 00:00:00+00");
  EXPECT_EQ(sent(absl::FromCivil(absl::CivilDay(66, 1, 1), utc)), "0066-01-01 00:00:00+00");
  EXPECT_EQ(sent(absl::FromUnixMicros(-1)), "1969-12-31 23:59:59.999999+00");
  EXPECT_EQ(sent(absl::FromUnixMicros(1'700'000'000'123'456)), "2023-11-14 22:13:20.123456+00");
  EXPECT_EQ(sent(absl::FromCivil(absl::CivilDay(300'000, 1, 1), utc)), "infinity") << "more than it can hold";
  EXPECT_EQ(sent(absl::InfinitePast()), "-infinity");
}

TEST_F(SessionTest, OfSeveralHostsTheOneThatAnswersIsTaken) {
  SessionOptions options = database->options();
  const std::size_t host = options.url.find("127.0.0.1:");
  ASSERT_NE(host, std::string::npos);
  options.url.insert(host, "127.0.0.1:1,");
  EXPECT_TRUE(Begin(*std::make_unique<Session>(options), "SELECT 1").get().ok());
}

TEST_F(SessionTest, OfSeveralHostsOneThatTakesNoWritesIsPassedOver) {
  database->Do("ALTER DATABASE " + database->options().application_name + " SET default_transaction_read_only = on");
  SessionOptions options = database->options();
  EXPECT_TRUE(Begin(*std::make_unique<Session>(options), "SELECT 1").get().ok()) << "one host may be for reading";
  options.url.insert(options.url.find("127.0.0.1:"), "127.0.0.1:1,");
  EXPECT_EQ(FailureOf(Begin(*std::make_unique<Session>(options), "SELECT 1").get()), PgFailure::kUnavailable);
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

// What a session promises, by libpq and by libpqxx alike: which failure means what, and what is left of a connection
// afterwards.
#include "platform/pg/session.h"

#include <gtest/gtest.h>

#include <csignal>

#include "tests/integration/platform/pg/session_fixture.h"

namespace ordersaga::pg {
namespace {

template <typename Session>
class SessionTest : public SessionFixture<Session> {};
using Sessions = ::testing::Types<Session, PqxxSession>;
TYPED_TEST_SUITE(SessionTest, Sessions);

TYPED_TEST(SessionTest, ValuesArriveAsTheyAre) {
  const absl::Status status = this->session->Run([](auto& tx) {
    const auto rows = tx.Exec("SELECT $1::text, $2::text, $3::bigint, $4::boolean, $5::uuid[]", "a",
                              std::optional<std::string>(), std::int64_t{-5}, true, ArrayOf(std::vector<Uuid>(2)));
    EXPECT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0][0].view(), "a");
    EXPECT_TRUE(rows[0][1].is_null());
    EXPECT_EQ(rows[0][2].template as<std::int64_t>(), -5);
    EXPECT_TRUE(rows[0][3].template as<bool>());
    EXPECT_EQ(rows[0][4].view(), "{" + Uuid().ToString() + "," + Uuid().ToString() + "}");
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

TYPED_TEST(SessionTest, ParsesATextOnce) {
  for (int i = 3; i < 10; ++i) ASSERT_TRUE(this->Insert({i}).ok());
  const absl::Status status = this->session->Run([](auto& tx) {
    EXPECT_EQ(
        tx.Exec("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT%'")[0][0].template as<int>(),
        1);
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

TYPED_TEST(SessionTest, AFailedStatementFailsTheTransaction) {
  EXPECT_EQ(FailureOf(this->Insert({3, 2, 4})), PgFailure::kBadRow);
  EXPECT_EQ(this->Count(), "2");
  EXPECT_TRUE(this->Insert({3, 4}).ok());
  EXPECT_EQ(this->Count(), "4");
}

TYPED_TEST(SessionTest, ATransactionThatFailedIsNotTakenForCommitted) {
  const absl::Status status = this->session->Run([](auto& tx) {
    tx.Exec("INSERT INTO numbers VALUES (3)");
    try {
      tx.Exec("SELECT 1 / $1::integer", 0);
    } catch (const SqlError&) {
      // and then goes on as if nothing had been
    }
    return absl::OkStatus();
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(this->Count(), "2");
}

TYPED_TEST(SessionTest, AStatementThatCouldNotBeParsedIsParsedWhenItCanBe) {
  const auto ask = [&] {
    return this->session->Run([](auto& tx) {
      tx.Exec("SELECT * FROM later");
      return absl::OkStatus();
    });
  };
  EXPECT_FALSE(ask().ok());
  this->database->Do("CREATE TABLE later (n integer)");
  EXPECT_TRUE(ask().ok());
}

TYPED_TEST(SessionTest, APlanThatNoLongerFitsHealsOnANewConnection) {
  const auto ask = [&] {
    return this->session->Run([](auto& tx) {
      tx.Exec("SELECT * FROM numbers");
      return absl::OkStatus();
    });
  };
  ASSERT_TRUE(ask().ok());
  this->database->Do("ALTER TABLE numbers ADD COLUMN name text");
  EXPECT_FALSE(ask().ok());
  EXPECT_TRUE(ask().ok());
}

TYPED_TEST(SessionTest, AServerThatWentWhileNothingWasAskedIsNotNoticed) {
  const std::string before = this->Backend();
  this->database->CutConnections();
  this->AwaitEnd(before);
  EXPECT_NE(this->Backend(), before);
}

TYPED_TEST(SessionTest, ALossBeforeTheCommitIsNoDoubt) {
  const absl::Status status = this->session->Run([&](auto& tx) {
    tx.Exec("INSERT INTO numbers VALUES (3)");
    this->database->CutConnections();
    tx.Exec("INSERT INTO numbers VALUES (4)");
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kUnavailable);
  EXPECT_EQ(this->Count(), "2");
}

TYPED_TEST(SessionTest, ALossWhileTheCommitWaitsIsInDoubt) {
  const std::unique_ptr<TypeParam> waiting = this->Waiting();
  std::future<absl::Status> status = this->Begin(*waiting, "INSERT INTO numbers VALUES (3)");
  this->database->AwaitCommitThatWaits();
  this->database->CutConnections();
  EXPECT_EQ(FailureOf(status.get()), PgFailure::kInDoubt);
  EXPECT_TRUE(this->Insert({5}).ok());
}

TYPED_TEST(SessionTest, AWarningBeforeTheCommitIsNoDoubt) {
  const absl::Status status = this->session->Run([](auto& tx) {
    tx.Script("DO $$ BEGIN RAISE WARNING 'only so'; END $$");
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

// libpqxx 6 would go on in a new session, outside of the transaction.
TYPED_TEST(SessionTest, ALostConnectionStaysLost) {
  const absl::Status status = this->session->Run([&](auto& tx) {
    const std::string pid = tx.Exec("SELECT pg_backend_pid()")[0][0].c_str();
    this->database->CutConnections();
    this->AwaitEnd(pid);
    EXPECT_ANY_THROW(tx.Exec("SELECT 1"));
    EXPECT_ANY_THROW(tx.Exec("INSERT INTO numbers VALUES (3)"));
    return absl::OkStatus();
  });
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(this->Count(), "2");
}

TYPED_TEST(SessionTest, ATransactionEndedAsIdleIsNoDoubt) {
  SessionOptions options = this->database->options();
  options.idle_in_transaction_timeout = absl::Milliseconds(50);
  TypeParam impatient(options);
  const absl::Status status = impatient.Run([&](auto& tx) {
    const std::string pid = tx.Exec("SELECT pg_backend_pid()")[0][0].c_str();
    this->AwaitEnd(pid);
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kUnavailable);
}

TYPED_TEST(SessionTest, ACommitThatIsOnlyLocalIsInDoubt) {
  const std::unique_ptr<TypeParam> waiting = this->Waiting();
  std::future<absl::Status> status = this->Begin(*waiting, "INSERT INTO numbers VALUES (3)");
  this->database->AwaitCommitThatWaits();
  EXPECT_EQ(this->Count(), "2") << "nobody sees it yet";
  this->database->CutWaitsShort();
  EXPECT_EQ(FailureOf(status.get()), PgFailure::kInDoubt);
  EXPECT_EQ(this->Count(), "3") << "here it is; after a failover it would be gone";
}

TYPED_TEST(SessionTest, WhatBecameOfADoubtIsToldByACommitWithTheSameRule) {
  const std::unique_ptr<TypeParam> waiting = this->Waiting();
  std::future<absl::Status> question = this->Begin(*waiting, "SELECT n FROM numbers WHERE n = 1 FOR UPDATE");
  this->database->AwaitCommitThatWaits();
  this->database->CutWaitsShort();
  EXPECT_EQ(FailureOf(question.get()), PgFailure::kInDoubt) << "a local answer is again a doubt";
}

TYPED_TEST(SessionTest, ACommitThatWaitsTooLongIsInDoubtAndIsNotCancelled) {
  const std::unique_ptr<TypeParam> waiting = this->Waiting(absl::Milliseconds(300));
  std::future<absl::Status> status = this->Begin(*waiting, "INSERT INTO numbers VALUES (3)");
  EXPECT_EQ(FailureOf(status.get()), PgFailure::kInDoubt);
  EXPECT_EQ(this->database->CommitsThatWait(), "1") << "the server goes on waiting";
  EXPECT_EQ(this->Count(), "2");
}

TYPED_TEST(SessionTest, ASessionWithACommitThatStillWaitsLeavesNoOtherBehind) {
  const std::unique_ptr<TypeParam> waiting = this->Waiting(absl::Milliseconds(300));
  ASSERT_EQ(FailureOf(this->Begin(*waiting, "INSERT INTO numbers VALUES (3)").get()), PgFailure::kInDoubt);
  for (int i = 4; i < 20; ++i) {
    const absl::Status status = this->Begin(*waiting, "INSERT INTO numbers VALUES (" + std::to_string(i) + ")").get();
    EXPECT_EQ(FailureOf(status), PgFailure::kUnavailable) << status;
  }
  EXPECT_EQ(this->database->CommitsThatWait(), "1");
  this->database->CutWaitsShort();
  while (this->database->CommitsThatWait() != "0") {
  }
  EXPECT_TRUE(this->Begin(*waiting, "SELECT 1").get().ok()) << "answered: it goes on";
  EXPECT_EQ(this->Count(), "3");
}

TYPED_TEST(SessionTest, AServerThatFreezesIsGivenUp) {
  SessionOptions options = this->database->options();
  options.answer_timeout = absl::Milliseconds(300);
  TypeParam patient(options);
  int frozen = 0;
  const absl::Status status = patient.Run([&](auto& tx) {
    frozen = tx.Exec("SELECT pg_backend_pid()")[0][0].template as<int>();
    EXPECT_EQ(kill(frozen, SIGSTOP), 0);
    tx.Exec("INSERT INTO numbers VALUES (3)");
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kUnavailable) << status;
  EXPECT_TRUE(
      patient.Run([](auto& tx) { return tx.Exec("SELECT 1").empty() ? absl::InternalError("") : absl::OkStatus(); })
          .ok())
      << "another server process answers";
  kill(frozen, SIGCONT);
  this->AwaitEnd(std::to_string(frozen));
  EXPECT_EQ(this->Count(), "2");
}

TYPED_TEST(SessionTest, AServerThatFreezesAtTheCommitLeavesADoubt) {
  SessionOptions options = this->database->options();
  options.answer_timeout = absl::Milliseconds(300);
  TypeParam patient(options);
  int frozen = 0;
  const absl::Status status = patient.Run([&](auto& tx) {
    frozen = tx.Exec("SELECT pg_backend_pid()")[0][0].template as<int>();
    tx.Exec("INSERT INTO numbers VALUES (3)");
    EXPECT_EQ(kill(frozen, SIGSTOP), 0);
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kInDoubt) << status;
  kill(frozen, SIGCONT);
  this->AwaitEnd(std::to_string(frozen));
  EXPECT_EQ(this->Count(), "3") << "the COMMIT had arrived";
}

TYPED_TEST(SessionTest, AReaderThatDoesNotFitItsStatementIsNoOutage) {
  const absl::Status status = this->session->Run([](auto& tx) {
    tx.Exec("SELECT 'a'")[0][0].template as<int>();
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kOther) << status;
}

TYPED_TEST(SessionTest, TimesOfAnyYearArriveAsTheyAre) {
  const auto sent = [&](absl::Time time) {
    std::string seen;
    EXPECT_TRUE(this->session
                    ->Run([&](auto& tx) {
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

TYPED_TEST(SessionTest, OfSeveralHostsTheOneThatAnswersIsTaken) {
  SessionOptions options = this->database->options();
  const std::size_t host = options.url.find("127.0.0.1:");
  ASSERT_NE(host, std::string::npos);
  options.url.insert(host, "127.0.0.1:1,");
  EXPECT_TRUE(this->Begin(*std::make_unique<TypeParam>(options), "SELECT 1").get().ok());
}

TYPED_TEST(SessionTest, OfSeveralHostsOneThatTakesNoWritesIsPassedOver) {
  this->database->Do("ALTER DATABASE " + this->database->options().application_name +
                     " SET default_transaction_read_only = on");
  SessionOptions options = this->database->options();
  EXPECT_TRUE(this->Begin(*std::make_unique<TypeParam>(options), "SELECT 1").get().ok())
      << "one host may be for reading";
  options.url.insert(options.url.find("127.0.0.1:"), "127.0.0.1:1,");
  EXPECT_EQ(FailureOf(this->Begin(*std::make_unique<TypeParam>(options), "SELECT 1").get()), PgFailure::kUnavailable);
}

using PqxxTest = SessionFixture<PqxxSession>;

TEST_F(PqxxTest, ACommitThatWasNeverSentIsNoDoubt) {
  const absl::Status status = session->Run([&](PqxxTx& tx) {
    tx.Exec("INSERT INTO numbers VALUES (3)");
    const std::string pid = tx.Exec("SELECT pg_backend_pid()")[0][0].c_str();
    database->CutConnections();
    AwaitEnd(pid);
    return absl::OkStatus();
  });
  EXPECT_EQ(FailureOf(status), PgFailure::kUnavailable) << status;
  EXPECT_EQ(Count(), "2");
}

}  // namespace
}  // namespace ordersaga::pg

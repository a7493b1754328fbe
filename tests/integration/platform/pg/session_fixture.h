// For the tests of sessions, by libpq (Session) and by libpqxx (PqxxSession).
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "platform/pg/pqxx.h"
#include "tests/integration/platform/participant/test_database.h"

namespace ordersaga::pg {

// Two rows in a table, and a session of the kind under test.
template <typename SessionType>
class SessionFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TestDatabase::there()) GTEST_SKIP() << "tests/run gives it a database";
    database = std::make_unique<TestDatabase>([](PqxxSession& setup) {
      return setup.Run([](PqxxTx& tx) {
        tx.Script("CREATE TABLE numbers (n integer PRIMARY KEY); INSERT INTO numbers VALUES (1), (2)");
        return absl::OkStatus();
      });
    });
    session = std::make_unique<SessionType>(database->options());
  }
  absl::Status Insert(const std::vector<int>& numbers) const {
    return session->Run([&](auto& tx) {
      for (const int n : numbers) tx.Exec("INSERT INTO numbers VALUES ($1)", n);
      return absl::OkStatus();
    });
  }
  std::string Count() const { return database->Ask("SELECT count(*) FROM numbers"); }
  std::string Backend() const {
    std::string pid;
    EXPECT_TRUE(session
                    ->Run([&](auto& tx) {
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
  std::unique_ptr<SessionType> Waiting(absl::Duration answer_timeout = absl::Seconds(60)) const {
    SessionOptions options = database->synchronous_options();
    options.answer_timeout = answer_timeout;
    return std::make_unique<SessionType>(options);
  }
  static std::future<absl::Status> Begin(SessionType& on, const std::string& sql) {
    return std::async(std::launch::async, [&on, sql] {
      return on.Run([&](auto& tx) {
        tx.Exec(sql);
        return absl::OkStatus();
      });
    });
  }
  std::unique_ptr<TestDatabase> database;
  std::unique_ptr<SessionType> session;
};

}  // namespace ordersaga::pg

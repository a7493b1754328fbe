// A database of its own for one test, on the server of TEST_DATABASE_URL (tests/run). Skips the test without one.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>

#include "platform/pg/migrate.h"

namespace ordersaga {

class TestDatabase {
 public:
  explicit TestDatabase(const std::function<absl::Status(pg::PqxxSession&)>& migrate) {
    static int numbers = 0;
    name_ = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++numbers);
    Admin("CREATE DATABASE " + name_);
    pg::PqxxSession session(options());
    const absl::Status status = migrate(session);
    EXPECT_TRUE(status.ok()) << status.ToString();
  }
  explicit TestDatabase(const pg::Migrations& migrations)
      : TestDatabase([&](pg::PqxxSession& session) { return pg::Migrate(session, migrations, SystemClock()); }) {}
  ~TestDatabase() { Admin("DROP DATABASE " + name_ + " WITH (FORCE)"); }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  static bool there() { return std::getenv("TEST_DATABASE_URL") != nullptr; }

  pg::SessionOptions options() const {
    pg::SessionOptions options;
    const std::string url = Server();
    options.url = url.substr(0, url.rfind('/')) + "/" + name_;
    options.application_name = name_;
    return options;
  }

  // The first field of the first row, as text.
  std::string Ask(const std::string& sql) const {
    pg::Session session(options());
    std::string answer;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      answer = tx.Exec(sql)[0][0].c_str();
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status.ToString();
    return answer;
  }
  void Await(const std::string& sql, const std::string& answer) const {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (Ask(sql) != answer) {
      if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("not " + answer + ": " + sql);
    }
  }
  void Do(const std::string& sql) const {
    pg::Session session(options());
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      tx.Script(sql);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status.ToString();
  }

  // The server has a synchronous standby that never comes (tests/run); sessions with these options wait for it when
  // they commit. Everybody else's commit as without one.
  pg::SessionOptions synchronous_options() const {
    pg::SessionOptions synchronous = options();
    synchronous.settings = {"SET synchronous_commit = on"};
    return synchronous;
  }
  std::string CommitsThatWait() const {
    return Ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'SyncRep'");
  }
  void AwaitCommitThatWaits() const {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (CommitsThatWait() == "0") {
      if (std::chrono::steady_clock::now() > give_up) throw std::runtime_error("no commit waits for the standby");
    }
  }
  // They are then committed here only, and PostgreSQL says so with a warning.
  void CutWaitsShort() const {
    Ask("SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event = 'SyncRep'");
  }

  // Ends every connection of this database, as a server that crashed and came back would.
  void CutConnections() const {
    Admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name_ + "'");
  }
  // No new connections until Open: the database is away.
  void Close() const {
    Admin("ALTER DATABASE " + name_ + " ALLOW_CONNECTIONS false");
    CutConnections();
  }
  void Open() const { Admin("ALTER DATABASE " + name_ + " ALLOW_CONNECTIONS true"); }

 private:
  static std::string Server() {
    const char* const url = std::getenv("TEST_DATABASE_URL");
    return url == nullptr ? "" : url;
  }
  static void Admin(const std::string& sql) { pg::Connection({.url = Server()}).Script(sql); }

  std::string name_;
};

}  // namespace ordersaga

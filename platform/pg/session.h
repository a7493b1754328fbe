// One connection to PostgreSQL, used by one thread at a time. Connects when first needed.
//
// After a broken or in-doubt transaction the connection is destroyed and never used again: libpqxx 6.4.5 would
// silently go on with a different session, its settings gone.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <pqxx/connection>
#include <pqxx/result>
#include <pqxx/transaction>
#include <pqxx/version>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "platform/pg/status.h"

namespace ordersaga::pg {

struct SessionOptions {
  std::string url;  // postgres://user:password@host:port/database?sslmode=disable
  std::string application_name;
  absl::Duration connect_timeout = absl::Seconds(2);
  absl::Duration statement_timeout = absl::Seconds(10);
  absl::Duration idle_in_transaction_timeout = absl::Seconds(10);
  std::vector<std::string> settings = {};  // further "SET ..." statements, run on connecting
};

// An open transaction at READ COMMITTED. Parameters only; SQL text comes from .sql files.
class Tx {
 public:
  explicit Tx(pqxx::work& work) : work_(work) {}

  template <typename... Params>
  pqxx::result Exec(const std::string& sql, Params&&... params) {
#if PQXX_VERSION_MAJOR > 7 || (PQXX_VERSION_MAJOR == 7 && PQXX_VERSION_MINOR >= 10)
    return work_.exec(sql, pqxx::params{std::forward<Params>(params)...});
#else
    return work_.exec_params(sql, std::forward<Params>(params)...);
#endif
  }
  // Several statements without parameters: migrations.
  void Script(const std::string& sql) {
    work_.exec(sql);
  }

 private:
  pqxx::work& work_;
};

class Session {
 public:
  explicit Session(SessionOptions options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // BEGIN, body, COMMIT; ROLLBACK if body returns an error, which is then returned as it is. Blocks. Otherwise
  // errors are as in PgFailure.
  absl::Status Run(const std::function<absl::Status(Tx&)>& body);

  bool connected() const { return connection_ != nullptr; }
  void Close();

 private:
  void Connect();
  std::unique_ptr<pqxx::work> Begin();

  const SessionOptions options_;
  std::unique_ptr<pqxx::connection> connection_;
};

}  // namespace ordersaga::pg

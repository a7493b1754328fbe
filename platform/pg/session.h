// One connection to PostgreSQL, used by one thread at a time. Connects when first needed.
//
// After a broken or in-doubt transaction the connection is destroyed and never used again.
#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "platform/pg/array.h"
#include "platform/pg/connection.h"
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

inline Parameter ToParameter(std::optional<std::string> value) {
  return {std::move(value), /*binary=*/false};
}
inline Parameter ToParameter(const char* value) {
  return {value, /*binary=*/false};
}
inline Parameter ToParameter(bool value) {
  return {value ? "t" : "f", /*binary=*/false};
}
Parameter ToParameter(double value);
template <std::integral T>
Parameter ToParameter(T value) {
  return {std::to_string(value), /*binary=*/false};
}
inline Parameter ToParameter(Array value) {
  return {std::move(value.bytes), /*binary=*/true};
}

// An open transaction at READ COMMITTED. Parameters only; SQL text comes from .sql files.
class Tx {
 public:
  explicit Tx(Connection& connection) : connection_(connection) {}

  // Goes out with the next Exec or Wait, or with the COMMIT, without a round trip of its own; if it fails, that one
  // throws. The reply is there after the next Exec or Wait.
  template <typename... Params>
  Reply Queue(const std::string& sql, Params&&... params) {
    const std::array<Parameter, sizeof...(Params)> values{ToParameter(std::forward<Params>(params))...};
    return connection_.Queue(sql, values);
  }
  // Blocks.
  template <typename... Params>
  Result Exec(const std::string& sql, Params&&... params) {
    const Reply reply = Queue(sql, std::forward<Params>(params)...);
    connection_.Wait();
    return reply.rows();
  }
  void Wait() { connection_.Wait(); }
  // Several statements without parameters: migrations.
  void Script(const std::string& sql) {
    connection_.Wait();
    connection_.Script(sql);
  }

 private:
  Connection& connection_;
};

// For the connections of turns: plans are made once, for any parameters, and by index. Without fresh statistics an
// UPDATE from unnest may otherwise be planned as a scan of the whole growing table, and planning costs more than
// running.
std::vector<std::string> PinnedPlans();

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
  void Begin();
  absl::Status Rollback();

  const SessionOptions options_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace ordersaga::pg

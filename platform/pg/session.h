// One connection to PostgreSQL, used by one thread at a time. Connects when first needed. Session is for turns, by
// libpq; PqxxSession (pqxx.h) for all else.
//
// After a broken or in-doubt transaction the connection is destroyed and never used again.
//
// In doubt is a transaction whose COMMIT was sent and not answered by a plain yes or no: the connection was lost, the
// server stayed silent for answer_timeout, or it warned while it committed. The last is what PostgreSQL does when the
// wait for a synchronous standby is cut short: it has committed here and perhaps nowhere else, and a failover would
// take it back. What became of a transaction in doubt is told only by one that waits for the same rows and is committed
// without a warning itself: SELECT ... FOR UPDATE. A plain SELECT sees what is committed here only, and never decides.
//
// A COMMIT that waits goes on waiting in the server when its client has gone. While it does, a session takes no further
// transaction (PgFailure::kUnavailable): each would leave another server process behind, up to max_connections.
#pragma once

#include <array>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
  absl::Duration silence = ConnectionOptions().silence;
  absl::Duration statement_timeout = absl::Seconds(10);  // the server's own limit
  absl::Duration answer_timeout = absl::Seconds(12);     // ours: longer, so that a server that lives has the first word
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
Parameter ToParameter(absl::Time value);  // timestamptz; of what PostgreSQL cannot hold, its infinity
inline Parameter ToParameter(const std::optional<absl::Time>& value) {
  return value.has_value() ? ToParameter(*value) : Parameter{std::nullopt, /*binary=*/false};
}
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
  Reply Queue(std::string_view sql, Params&&... params) {
    const std::array<Parameter, sizeof...(Params)> values{ToParameter(std::forward<Params>(params))...};
    return connection_.Queue(sql, values);
  }
  Reply QueueAll(std::string_view sql, const std::vector<Parameter>& params) { return connection_.Queue(sql, params); }
  // Blocks.
  template <typename... Params>
  Result Exec(std::string_view sql, Params&&... params) {
    const Reply reply = Queue(sql, std::forward<Params>(params)...);
    connection_.Wait();
    return reply.rows();
  }
  void Wait() { connection_.Wait(); }
  // Several statements without parameters: migrations.
  void Script(std::string_view sql) {
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

// `Connection` is that of libpq (connection.h) or of libpqxx (pqxx.h): one meaning of errors for both.
template <typename Connection>
class BasicSession {
 public:
  using Transaction = typename Connection::Transaction;

  explicit BasicSession(SessionOptions options);
  ~BasicSession();
  BasicSession(const BasicSession&) = delete;
  BasicSession& operator=(const BasicSession&) = delete;

  // BEGIN, body, COMMIT; ROLLBACK if body returns an error, which is then returned as it is. Blocks. Otherwise
  // errors are as in PgFailure.
  absl::Status Run(const std::function<absl::Status(Transaction&)>& body);

  // One statement outside of any transaction, for what PostgreSQL refuses inside one. Blocks. Errors: as in PgFailure,
  // but that none says that nothing was written.
  absl::Status RunAlone(std::string_view statement);

  bool connected() const { return connection_ != nullptr; }
  void Close();

 private:
  void Connect();
  absl::Status Prepare();
  bool IsStillCommitting(int backend);
  absl::Status Rollback();

  const SessionOptions options_;
  std::unique_ptr<Connection> connection_;
  int left_behind_ = 0;  // the server process of a transaction in doubt, as long as it may still be at work
};

using Session = BasicSession<Connection>;

}  // namespace ordersaga::pg

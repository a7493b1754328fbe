// A connection to PostgreSQL in libpq's pipeline mode: statements are queued, and one round trip answers all of them.
// See docs/adr/0012-pipelined-turns.md and "Pipeline Mode" in libpq's manual.
//
// For one thread at a time. Errors are exceptions, which Translate (status.h) turns into a Status: SqlError is the
// server's word, on a statement or on why it ends the connection; ConnectionLost means that there is no word. Once the
// connection is lost all calls throw.
//
// No call waits without end: a server that stays silent for `answer_timeout` counts as lost, and the socket is closed.
// A cancel request is never sent: it would end the wait of a COMMIT for its standby, and so make the loss it tells of
// (session.h, "in doubt").
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "platform/pg/result.h"

struct pg_conn;  // libpq's PGconn

namespace ordersaga::pg {

class SqlError : public std::runtime_error {
 public:
  explicit SqlError(std::string sqlstate, const std::string& message, std::string detail = "")
      : std::runtime_error(message), sqlstate_(std::move(sqlstate)), detail_(std::move(detail)) {}
  const std::string& sqlstate() const { return sqlstate_; }
  const std::string& detail() const { return detail_; }  // for programs; empty: none

 private:
  std::string sqlstate_;
  std::string detail_;
};

class ConnectionLost : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct ConnectionOptions {
  // In either of libpq's forms; what it says wins over everything below. Several hosts are tried in turn, until one
  // takes writes (target_session_attrs=read-write, unless the URL says otherwise).
  std::string url;
  std::string application_name = "";
  absl::Duration connect_timeout = absl::Seconds(2);  // of one host; libpq rounds it to seconds, 2 at least
  absl::Duration answer_timeout = absl::Seconds(12);  // without a byte from the server
  // After which a host that acknowledges nothing, not even TCP's keepalives, is given up.
  absl::Duration silence = absl::Seconds(5);
};

// libpq's keywords for these options, of which the last of a name counts. Throws ConnectionLost if the URL is none.
std::vector<std::pair<std::string, std::string>> ConnectionParameters(const ConnectionOptions& options);

struct Parameter {
  std::optional<std::string> bytes;  // nullopt: NULL
  bool binary;                       // else as PostgreSQL would read it in a statement
};

// The answer of a queued statement, there once Wait() has returned.
class Reply {
 public:
  const Result& rows() const { return *rows_; }

 private:
  friend class Connection;
  std::shared_ptr<Result> rows_ = std::make_shared<Result>();
};

class Tx;

class Connection {
 public:
  using Transaction = Tx;

  // Connects; blocks for connect_timeout a host at most. Throws ConnectionLost.
  explicit Connection(const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Queues one statement; the server parses each text only once per connection.
  Reply Queue(std::string_view sql, std::span<const Parameter> parameters);
  // Blocks until everything queued is answered. Throws the first SqlError among the answers: what was queued after that
  // statement has not been run.
  void Wait();

  void Begin();  // goes out with the first statement
  // Sends what is queued, and COMMIT. False: the server rolled back, for the transaction had failed before.
  bool Commit();
  void Rollback();
  // Whether the COMMIT of the latest transaction has been sent and may have been run: a loss leaves doubt then. It has
  // not been run if the server refused a statement before it.
  const bool& committing() const { return committing_; }

  // What the server warned of during the latest Wait; empty: nothing. A COMMIT whose wait for its standby was cut short
  // succeeds with a warning.
  const std::string& warning() const { return warning_; }
  int backend() const { return backend_; }  // the server process, also when the connection has been lost
  // Several statements without parameters, answered at once; nothing may be queued.
  void Script(std::string_view sql);
  // False: the server has gone since the last answer, or the connection was lost before. No round trip.
  bool Alive() const;

 private:
  struct Expected {
    Reply reply;
    std::string prepares;  // the text, if this is not a run but its first parse
  };

  [[noreturn]] void Lost() const;
  void AwaitAnswer();
  const std::string& Prepare(std::string_view sql);
  Result Next();
  void TakeAnswer(std::optional<SqlError>& first);

  const std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
  const absl::Duration answer_timeout_;
  std::string warning_;
  bool committing_ = false;
  int backend_ = 0;
  std::map<std::string, std::string, std::less<>> names_;  // of the texts the server knows, or is about to
  std::size_t named_ = 0;
  std::deque<Expected> expected_;
};

}  // namespace ordersaga::pg

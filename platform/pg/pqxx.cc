// How it keeps its promises:
//  - Each call is watched (platform/runtime/watchdog.h): one that takes too long finds its connection closed.
//  - One pqxx::nontransaction lives as long as the connection; BEGIN and COMMIT are statements like others. libpqxx's
//    own transactions turn the server's word on a COMMIT into in_doubt_error, each version by rules of its own.
//  - A socket that has something to read before COMMIT is sent tells of the server's end: then there is no doubt.
//  - The session's client_min_messages is WARNING, so whatever libpqxx hands over as a notice is one, in any language.
//  - Version 6 must not reconnect.
// What differs between the versions stands in `struct Pqxx`.
#include "platform/pg/pqxx.h"

#include <fmt/format.h>
#include <poll.h>

// Version 6 marks as deprecated what 7 has replaced, and has nothing else.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <pqxx/pqxx>

#include "platform/pg/url.h"
#include "platform/runtime/watchdog.h"

namespace ordersaga::pg {

#if PQXX_VERSION_MAJOR < 7

struct PqxxConnection::Pqxx {
  class Notices final : public pqxx::errorhandler {
   public:
    Notices(pqxx::connection& connection, std::string& warning) : errorhandler(connection), warning_(warning) {}
    bool operator()(const char message[]) noexcept override {
      warning_ = message;
      return true;
    }

   private:
    std::string& warning_;
  };

  Pqxx(const std::string& url, std::string& warning) : connection(url), notices(connection, warning), work(connection) {
    connection.inhibit_reactivation(true);
  }
  pqxx::result Exec(const std::string& name, std::span<const Parameter> parameters) {
    pqxx::prepare::invocation statement = work.prepared(name);
    for (const Parameter& parameter : parameters) {
      if (!parameter.bytes.has_value()) {
        statement();
      } else if (parameter.binary) {
        statement(pqxx::binarystring(*parameter.bytes));
      } else {
        statement(*parameter.bytes);
      }
    }
    return statement.exec();
  }

  pqxx::connection connection;
  Notices notices;
  pqxx::nontransaction work;
};

#else

struct PqxxConnection::Pqxx {
  Pqxx(const std::string& url, std::string& warning) : connection(url), work(connection) {
    connection.set_notice_handler([&warning](pqxx::zview message) { warning = message; });
  }
  pqxx::result Exec(const std::string& name, std::span<const Parameter> parameters) {
    pqxx::params values;
    for (const Parameter& parameter : parameters) {
      if (!parameter.bytes.has_value()) {
        values.append();
      } else if (parameter.binary) {
        values.append(pqxx::binary_cast(*parameter.bytes));
      } else {
        values.append(*parameter.bytes);
      }
    }
    return work.exec(pqxx::prepped{name}, values);
  }

  pqxx::connection connection;
  pqxx::nontransaction work;
};

#endif

namespace {

// The exception in flight as one of connection.h's. In 6 a rollback is no sql_error, in 7 it is.
[[noreturn]] void Rethrow() {
  try {
    throw;
  } catch (const pqxx::broken_connection& error) {
    throw ConnectionLost(error.what());
  } catch (const pqxx::transaction_rollback& error) {
    throw SqlError("40000", error.what());
  } catch (const pqxx::sql_error& error) {
    // Without an SQLSTATE it is not the server that speaks but libpq.
    if (error.sqlstate().empty()) throw ConnectionLost(error.what());
    throw SqlError(error.sqlstate(), error.what());
  } catch (const pqxx::failure& error) {
    throw ConnectionLost(error.what());
  }
}

}  // namespace

PqxxRows::PqxxRows(const pqxx::result& rows)
    : rows_(std::make_shared<const pqxx::result>(rows)),
      columns_(static_cast<std::size_t>(rows.columns())),
      size_(static_cast<std::size_t>(rows.size())) {
  fields_.reserve(size_ * columns_);
  for (const auto& row : *rows_) {
    for (const auto& field : row) fields_.emplace_back(std::string_view(field.c_str(), field.size()), field.is_null());
  }
}

std::size_t PqxxRows::affected_rows() const {
  return static_cast<std::size_t>(rows_->affected_rows());
}

PqxxConnection::PqxxConnection(const ConnectionOptions& options) : answer_timeout_(options.answer_timeout) {
  try {
    pqxx_ = std::make_unique<Pqxx>(ToPairs(ConnectionParameters(options)), warning_);
  } catch (const pqxx::failure&) {
    Rethrow();
  }
  backend_ = pqxx_->connection.backendpid();
  Script("SET client_min_messages = warning");
}

PqxxConnection::~PqxxConnection() = default;

template <typename Call>
auto PqxxConnection::Guarded(const Call& call) {
  warning_.clear();
  const WatchedCall watched(pqxx_->connection.sock(), answer_timeout_);
  try {
    return call();
  } catch (const std::exception&) {
    failed_ = true;
    if (!watched.cut()) Rethrow();
    throw ConnectionLost(fmt::format("the database has not answered for {}", absl::FormatDuration(answer_timeout_)));
  }
}

PqxxRows PqxxConnection::Exec(std::string_view sql, std::span<const Parameter> parameters) {
  auto known = names_.find(sql);
  if (known == names_.end()) {
    const std::string text(sql), name = fmt::format("s{}", names_.size() + 1);
    Guarded([&] { pqxx_->connection.prepare(name, text); });
    known = names_.emplace(text, name).first;
  }
  return PqxxRows(Guarded([&] { return pqxx_->Exec(known->second, parameters); }));
}

void PqxxConnection::Script(std::string_view sql) {
  Guarded([&] { pqxx_->work.exec(std::string(sql)); });
}

void PqxxConnection::Begin() {
  committing_ = failed_ = false;
  Script("BEGIN");
}

bool PqxxConnection::Commit() {
  if (failed_) return false;
  if (!Alive()) throw ConnectionLost("the server ended the connection before COMMIT was sent");
  committing_ = true;
  Script("COMMIT");
  return true;
}

void PqxxConnection::Rollback() {
  Script("ROLLBACK");
}

// Unasked the server says nothing but why it goes.
bool PqxxConnection::Alive() const {
  pollfd socket{pqxx_->connection.sock(), POLLIN, 0};
  return socket.fd >= 0 && poll(&socket, 1, 0) == 0;
}

}  // namespace ordersaga::pg

#pragma GCC diagnostic pop

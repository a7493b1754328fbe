#include "platform/pg/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <optional>
#include <vector>

namespace ordersaga::pg {
namespace {

// Throws unless the statement succeeded.
void Check(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return;
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  // Without an SQLSTATE it is not the server that speaks but libpq.
  if (sqlstate == nullptr) throw ConnectionLost(PQresultErrorMessage(result));
  throw SqlError(sqlstate, PQresultErrorMessage(result));
}

}  // namespace

Connection::Connection(const std::string& url) : connection_(PQconnectdb(url.c_str()), &PQfinish) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) Lost();
  PQsetNoticeProcessor(
      connection_.get(), [](void*, const char*) {}, nullptr);
  if (PQenterPipelineMode(connection_.get()) != 1) Lost();
}

Connection::~Connection() = default;

void Connection::Lost() const {
  throw ConnectionLost(PQerrorMessage(connection_.get()));
}

const std::string& Connection::Prepare(const std::string& sql) {
  const auto [found, fresh] = names_.try_emplace(sql);
  if (fresh) {
    found->second = fmt::format("s{}", ++named_);
    if (PQsendPrepare(connection_.get(), found->second.c_str(), sql.c_str(), 0, nullptr) != 1) Lost();
    expected_.push_back({Reply(), sql});
  }
  return found->second;
}

Reply Connection::Queue(const std::string& sql, std::span<const Parameter> parameters) {
  const std::string& name = Prepare(sql);
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  for (const Parameter& parameter : parameters) {
    values.push_back(parameter.bytes.has_value() ? parameter.bytes->c_str() : nullptr);
    lengths.push_back(parameter.bytes.has_value() ? static_cast<int>(parameter.bytes->size()) : 0);
    formats.push_back(parameter.binary ? 1 : 0);
  }
  if (PQsendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(parameters.size()), values.data(),
                          lengths.data(), formats.data(), 0) != 1) {
    Lost();
  }
  return expected_.emplace_back().reply;
}

// In pipeline mode each statement's results end with a null; ours have one each.
Result Connection::Next() {
  PGresult* result = PQgetResult(connection_.get());
  if (result == nullptr) Lost();
  Result owned(result);
  if (PQstatus(connection_.get()) == CONNECTION_BAD && PQresultErrorField(result, PG_DIAG_SQLSTATE) == nullptr) Lost();
  if (PQresultStatus(result) != PGRES_PIPELINE_SYNC) PQclear(PQgetResult(connection_.get()));
  return owned;
}

void Connection::TakeAnswer(std::optional<SqlError>& first) {
  const Expected& expected = expected_.front();
  *expected.reply.rows_ = Next();
  try {
    if (!first.has_value()) Check(expected.reply.rows_->get());
  } catch (const SqlError& error) {
    first = error;
  }
  // A statement that the server has not parsed has no name there.
  if (first.has_value() && !expected.prepares.empty()) names_.erase(expected.prepares);
}

void Connection::Wait() {
  if (expected_.empty()) return;
  if (PQpipelineSync(connection_.get()) != 1) Lost();
  std::optional<SqlError> first;
  try {
    for (; !expected_.empty(); expected_.pop_front()) TakeAnswer(first);
    Next();  // the sync
  } catch (const ConnectionLost&) {
    if (!first.has_value()) throw;  // else the server has said why
  }
  if (first.has_value()) throw SqlError(*first);
}

void Connection::Script(const std::string& sql) {
  if (PQexitPipelineMode(connection_.get()) != 1) Lost();
  const Result result(PQexec(connection_.get(), sql.c_str()));
  if (PQstatus(connection_.get()) == CONNECTION_BAD || PQenterPipelineMode(connection_.get()) != 1) Lost();
  Check(result.get());
}

// Unasked it says nothing but why it goes.
bool Connection::Alive() const {
  pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
  return socket.fd >= 0 && poll(&socket, 1, 0) == 0;
}

}  // namespace ordersaga::pg

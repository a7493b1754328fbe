// How it waits: libpq's socket does not block. AwaitAnswer sends what is queued and polls until libpq has a whole
// answer to hand over; only then is PQgetResult called, which returns at once. Each poll that ends without a byte in
// either direction is the end of the connection.
#include "platform/pg/connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include "platform/base/error.h"
#include "platform/pg/url.h"

namespace ordersaga::pg {
namespace {

// Throws unless the statement succeeded.
void Check(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return;
  const char* sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  // Without an SQLSTATE it is not the server that speaks but libpq.
  if (sqlstate == nullptr) throw ConnectionLost(PQresultErrorMessage(result));
  const char* detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  throw SqlError(sqlstate, PQresultErrorMessage(result), detail == nullptr ? "" : detail);
}

PGconn* Open(const ConnectionOptions& options) {
  const auto parameters = ConnectionParameters(options);
  std::vector<const char*> keywords, values;
  for (const auto& [keyword, value] : parameters) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectdbParams(keywords.data(), values.data(), /*expand_dbname=*/0);
}

// Notices and other small talk are dropped.
void KeepWarning(void* warning, const PGresult* notice) {
  const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* message = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  if (severity == nullptr || std::string_view(severity) != "WARNING") return;
  *static_cast<std::string*>(warning) = message != nullptr && *message != '\0' ? message : "a warning without words";
}

}  // namespace

std::vector<std::pair<std::string, std::string>> ConnectionParameters(const ConnectionOptions& options) {
  const absl::StatusOr<Url> url = ParseUrl(options.url);
  if (!url.ok()) throw ConnectionLost(MessageOf(url.status()));  // a program has checked it at start
  const std::int64_t silence = absl::ToInt64Milliseconds(options.silence);
  // The first keepalive after a bit more than half of it, then a second apart: the last is missed when it is over.
  std::vector<std::pair<std::string, std::string>> parameters{
      {"application_name", options.application_name},
      {"connect_timeout", std::to_string(std::max<std::int64_t>(2, absl::ToInt64Seconds(options.connect_timeout)))},
      {"tcp_user_timeout", std::to_string(silence)},
      {"keepalives_idle", std::to_string(std::max<std::int64_t>(1, silence * 3 / 5 / 1000))},
      {"keepalives_interval", "1"},
      {"keepalives_count", std::to_string(std::max<std::int64_t>(1, silence * 2 / 5 / 1000))}};
  for (const char* hosts : {"host", "hostaddr"}) {
    const std::string* named = url->Find(hosts);
    if (named == nullptr || named->find(',') == std::string::npos) continue;
    parameters.emplace_back("target_session_attrs", "read-write");
  }
  // Last, so that what it says wins.
  parameters.insert(parameters.end(), url->parameters.begin(), url->parameters.end());
  return parameters;
}

Connection::Connection(const ConnectionOptions& options)
    : connection_(Open(options), &PQfinish), answer_timeout_(options.answer_timeout) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) Lost();
  PQsetNoticeReceiver(connection_.get(), &KeepWarning, &warning_);
  backend_ = PQbackendPID(connection_.get());
  if (PQsetnonblocking(connection_.get(), 1) != 0 || PQenterPipelineMode(connection_.get()) != 1) Lost();
}

Connection::~Connection() = default;

// Returns when PQgetResult would not block.
void Connection::AwaitAnswer() {
  while (PQisBusy(connection_.get()) == 1) {
    const int unsent = PQflush(connection_.get());
    if (unsent < 0) Lost();
    pollfd socket{PQsocket(connection_.get()), static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN), 0};
    const int ready = poll(&socket, 1, static_cast<int>(absl::ToInt64Milliseconds(answer_timeout_)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) {
      throw ConnectionLost(fmt::format("the database has not answered for {}", absl::FormatDuration(answer_timeout_)));
    }
    if (PQconsumeInput(connection_.get()) != 1) return;  // PQgetResult says why
  }
}

void Connection::Lost() const {
  throw ConnectionLost(PQerrorMessage(connection_.get()));
}

const std::string& Connection::Prepare(std::string_view sql) {
  const auto known = names_.find(sql);
  if (known != names_.end()) return known->second;
  const auto& [text, name] = *names_.emplace(sql, fmt::format("s{}", ++named_)).first;
  if (PQsendPrepare(connection_.get(), name.c_str(), text.c_str(), 0, nullptr) != 1) Lost();
  expected_.push_back({Reply(), text});
  return name;
}

Reply Connection::Queue(std::string_view sql, std::span<const Parameter> parameters) {
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
  AwaitAnswer();
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
    if (expected_.size() > 1) committing_ = false;  // what follows in the pipeline is not run, and COMMIT comes last
  }
  // A statement that the server has not parsed has no name there.
  if (first.has_value() && !expected.prepares.empty()) names_.erase(expected.prepares);
}

void Connection::Wait() {
  warning_.clear();
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

void Connection::Begin() {
  committing_ = false;
  Queue("BEGIN", {});
}

bool Connection::Commit() {
  const Reply commit = Queue("COMMIT", {});
  committing_ = true;
  Wait();
  return commit.rows().command() == "COMMIT";
}

void Connection::Rollback() {
  try {
    Wait();
  } catch (const SqlError&) {
    // The transaction has failed already; it is ended all the same.
  }
  Queue("ROLLBACK", {});
  Wait();
}

void Connection::Script(std::string_view sql) {
  if (PQexitPipelineMode(connection_.get()) != 1 || PQsendQuery(connection_.get(), std::string(sql).c_str()) != 1)
    Lost();
  std::optional<Result> failed;
  while (true) {
    AwaitAnswer();
    PGresult* const result = PQgetResult(connection_.get());
    if (result == nullptr) break;
    Result owned(result);
    if (!failed.has_value() && PQresultStatus(result) == PGRES_FATAL_ERROR) failed = std::move(owned);
  }
  const bool usable = PQstatus(connection_.get()) == CONNECTION_OK && PQenterPipelineMode(connection_.get()) == 1;
  if (failed.has_value()) Check(failed->get());
  if (!usable) Lost();
}

// Unasked it says nothing but why it goes.
bool Connection::Alive() const {
  pollfd socket{PQsocket(connection_.get()), POLLIN, 0};
  return socket.fd >= 0 && poll(&socket, 1, 0) == 0;
}

}  // namespace ordersaga::pg

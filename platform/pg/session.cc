#include "platform/pg/session.h"

#include <fmt/format.h>

#include <algorithm>

namespace ordersaga::pg {
namespace {

// libpq takes connection options after the URL's own; the URL keeps the last word.
std::string WithOptions(const SessionOptions& options) {
  const std::string& url = options.url;
  const char separator = url.find('?') == std::string::npos ? '?' : '&';
  return fmt::format(
      "{}{}connect_timeout={}&application_name={}&keepalives_idle=10&keepalives_interval=5"
      "&keepalives_count=3&tcp_user_timeout=15000",
      url, separator, std::max<std::int64_t>(2, absl::ToInt64Seconds(options.connect_timeout)),
      options.application_name);
}

}  // namespace

Parameter ToParameter(double value) {
  return {fmt::format("{}", value), /*binary=*/false};
}

std::vector<std::string> PinnedPlans() {
  return {"SET plan_cache_mode = force_generic_plan", "SET enable_hashjoin = off", "SET enable_mergejoin = off",
          "SET enable_seqscan = off"};
}

Session::Session(SessionOptions options) : options_(std::move(options)) {}
Session::~Session() = default;

void Session::Close() {
  connection_.reset();
}

void Session::Connect() {
  auto connection = std::make_unique<Connection>(WithOptions(options_));
  std::string script =
      fmt::format("SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}; SET TIME ZONE 'UTC'",
                  absl::ToInt64Milliseconds(options_.statement_timeout),
                  absl::ToInt64Milliseconds(options_.idle_in_transaction_timeout));
  for (const std::string& setting : options_.settings) script += "; " + setting;
  connection->Script(script);
  connection_ = std::move(connection);
}

// BEGIN goes out with the first statement.
void Session::Begin() {
  // The server may have been restarted while the connection lay idle.
  if (connection_ != nullptr && !connection_->Alive()) Close();
  if (connection_ == nullptr) Connect();
  connection_->Queue("BEGIN", {});
}

absl::Status Session::Rollback() {
  const bool committing = false;
  return Translate(
      [&] {
        try {
          connection_->Wait();
        } catch (const SqlError&) {
          // The transaction has failed already; it is ended all the same.
        }
        connection_->Queue("ROLLBACK", {});
        connection_->Wait();
        return absl::OkStatus();
      },
      committing);
}

absl::Status Session::Run(const std::function<absl::Status(Tx&)>& body) {
  bool committing = false;
  absl::Status from_body;
  const absl::Status status = Translate(
      [&] {
        Begin();
        Tx tx(*connection_);
        from_body = body(tx);
        if (!from_body.ok()) return absl::OkStatus();
        const Reply commit = connection_->Queue("COMMIT", {});
        committing = true;
        connection_->Wait();
        // What PostgreSQL makes of a COMMIT if the transaction had failed before.
        if (commit.rows().command() != "COMMIT") throw SqlError("40000", "the transaction was rolled back");
        return absl::OkStatus();
      },
      committing);
  if (status.ok() && from_body.ok()) return status;
  // kOther: a plan that was made before the schema changed under it ("cached plan must not change result type") heals
  // on a new connection.
  const PgFailure failure = FailureOf(status);
  const bool healthy = status.ok() || failure == PgFailure::kRetry || failure == PgFailure::kBadRow;
  if (!healthy || !Rollback().ok()) Close();
  return status.ok() ? from_body : status;
}

}  // namespace ordersaga::pg

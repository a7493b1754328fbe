#include "platform/pg/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <pqxx/nontransaction>

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

Session::Session(SessionOptions options) : options_(std::move(options)) {}
Session::~Session() = default;

void Session::Close() {
  connection_.reset();
}

void Session::Connect() {
  auto connection = std::make_unique<pqxx::connection>(WithOptions(options_));
  pqxx::nontransaction setup(*connection);
  setup.exec(fmt::format("SET statement_timeout = {}", absl::ToInt64Milliseconds(options_.statement_timeout)));
  setup.exec(fmt::format("SET idle_in_transaction_session_timeout = {}",
                         absl::ToInt64Milliseconds(options_.idle_in_transaction_timeout)));
  setup.exec("SET TIME ZONE 'UTC'");
  for (const std::string& setting : options_.settings) setup.exec(setting);
  setup.commit();
  connection_ = std::move(connection);
}

std::unique_ptr<pqxx::work> Session::Begin() {
  if (connection_ != nullptr) {
    try {
      return std::make_unique<pqxx::work>(*connection_);
    } catch (const std::exception&) {
      // The server was restarted while the connection lay idle. Nothing has been asked yet: a new one is as good.
      Close();
    }
  }
  Connect();
  return std::make_unique<pqxx::work>(*connection_);
}

absl::Status Session::Run(const std::function<absl::Status(Tx&)>& body) {
  bool committing = false;
  absl::Status from_body;
  const absl::Status status = Translate(
      [&] {
        const std::unique_ptr<pqxx::work> begun = Begin();
        pqxx::work& work = *begun;
        Tx tx(work);
        from_body = body(tx);
        if (!from_body.ok()) {
          work.abort();
          return absl::OkStatus();
        }
        committing = true;
        work.commit();
        return absl::OkStatus();
      },
      committing);
  if (!status.ok()) {
    const PgFailure failure = FailureOf(status);
    if (failure == PgFailure::kUnavailable || failure == PgFailure::kInDoubt) Close();
    return status;
  }
  return from_body;
}

}  // namespace ordersaga::pg

#include "platform/pg/session.h"

#include <fmt/format.h>

#include <utility>

#include "pg_sql.embed.h"
#include "platform/pg/pqxx.h"

namespace ordersaga::pg {

Parameter ToParameter(double value) {
  return {fmt::format("{}", value), /*binary=*/false};
}

Parameter ToParameter(absl::Time value) {
  return {Timestamptz(value), /*binary=*/true};
}

std::vector<std::string> PinnedPlans() {
  return {"SET plan_cache_mode = force_generic_plan", "SET enable_hashjoin = off", "SET enable_mergejoin = off",
          "SET enable_seqscan = off"};
}

template <typename Connection>
BasicSession<Connection>::BasicSession(SessionOptions options) : options_(std::move(options)) {}
template <typename Connection>
BasicSession<Connection>::~BasicSession() = default;

template <typename Connection>
void BasicSession<Connection>::Close() {
  connection_.reset();
}

template <typename Connection>
void BasicSession<Connection>::Connect() {
  auto connection = std::make_unique<Connection>(ConnectionOptions{.url = options_.url,
                                                                   .application_name = options_.application_name,
                                                                   .answer_timeout = options_.answer_timeout,
                                                                   .silence = options_.silence});
  std::string script =
      fmt::format("SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}; SET TIME ZONE 'UTC'",
                  absl::ToInt64Milliseconds(options_.statement_timeout),
                  absl::ToInt64Milliseconds(options_.idle_in_transaction_timeout));
  for (const std::string& setting : options_.settings) script += "; " + setting;
  connection->Script(script);
  connection_ = std::move(connection);
}

// Tells only whether a server process still works, not what became of its transaction. Its number may have gone to
// another one since: then that one is waited for, for as long as it is at work.
template <typename Connection>
bool BasicSession<Connection>::IsStillCommitting(int backend) {
  return !Transaction(*connection_).Exec(sql::session::at_work, backend).empty();
}

// A connection that may begin a transaction; BEGIN goes out with the first statement.
template <typename Connection>
absl::Status BasicSession<Connection>::Prepare() {
  const bool committing = false;
  bool refused = false;
  absl::Status status = Translate(
      [&]() -> absl::Status {
        // The server may have been restarted while the connection lay idle.
        if (connection_ != nullptr && !connection_->Alive()) Close();
        if (connection_ == nullptr) Connect();
        refused = left_behind_ != 0 && IsStillCommitting(left_behind_);
        if (refused) {
          return MakeFailure(PgFailure::kUnavailable,
                             "the server still commits an earlier transaction; perhaps its standby is away");
        }
        return absl::OkStatus();
      },
      committing);
  if (status.ok()) left_behind_ = 0;
  if (!status.ok() && !refused) Close();
  return status;
}

template <typename Connection>
absl::Status BasicSession<Connection>::Rollback() {
  const bool committing = false;
  return Translate(
      [&] {
        connection_->Rollback();
        return absl::OkStatus();
      },
      committing);
}

template <typename Connection>
absl::Status BasicSession<Connection>::Run(const std::function<absl::Status(Transaction&)>& body) {
  if (absl::Status status = Prepare(); !status.ok()) return status;
  absl::Status from_body;
  const absl::Status status = Translate(
      [&] {
        connection_->Begin();
        Transaction tx(*connection_);
        from_body = body(tx);
        if (!from_body.ok()) return absl::OkStatus();
        if (!connection_->Commit()) throw SqlError("40000", "the transaction was rolled back");
        if (connection_->warning().empty()) return absl::OkStatus();
        return MakeFailure(PgFailure::kInDoubt, connection_->warning());
      },
      connection_->committing());
  if (status.ok() && from_body.ok()) return status;
  const PgFailure failure = FailureOf(status);
  if (failure == PgFailure::kInDoubt) left_behind_ = connection_->backend();
  const bool healthy = status.ok() || failure == PgFailure::kRetry || failure == PgFailure::kBadRow ||
                       failure == PgFailure::kRaised || failure == PgFailure::kLocked;
  if (!healthy || !Rollback().ok()) Close();
  return status.ok() ? from_body : status;
}

template <typename Connection>
absl::Status BasicSession<Connection>::RunAlone(std::string_view statement) {
  if (absl::Status status = Prepare(); !status.ok()) return status;
  const bool committing = false;
  const absl::Status status = Translate(
      [&] {
        connection_->Script(statement);
        return absl::OkStatus();
      },
      committing);
  if (!status.ok()) Close();
  return status;
}

template class BasicSession<Connection>;
template class BasicSession<PqxxConnection>;

}  // namespace ordersaga::pg

#include "platform/pg/session.h"

#include <fmt/format.h>

#include <utility>

#include "pg_sql.embed.h"
#include "platform/pg/sql.h"

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

Session::Session(SessionOptions options) : options_(std::move(options)) {}
Session::~Session() = default;

void Session::Close() {
  connection_.reset();
}

void Session::Connect() {
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
bool Session::IsStillCommitting(int backend) {
  const std::array<Parameter, 1> of{ToParameter(backend)};
  const Reply at_work = connection_->Queue(SqlFile(kPgSql, "session_at_work.sql"), of);
  connection_->Wait();
  return !at_work.rows().empty();
}

// A connection that may begin a transaction; BEGIN goes out with the first statement.
absl::Status Session::Prepare() {
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
  if (absl::Status status = Prepare(); !status.ok()) return status;
  bool committing = false;
  absl::Status from_body;
  const absl::Status status = Translate(
      [&] {
        connection_->Queue("BEGIN", {});
        Tx tx(*connection_);
        from_body = body(tx);
        if (!from_body.ok()) return absl::OkStatus();
        const Reply commit = connection_->Queue("COMMIT", {});
        committing = true;
        connection_->Wait();
        // What PostgreSQL makes of a COMMIT if the transaction had failed before.
        if (commit.rows().command() != "COMMIT") throw SqlError("40000", "the transaction was rolled back");
        if (connection_->warning().empty()) return absl::OkStatus();
        return MakeFailure(PgFailure::kInDoubt, connection_->warning());
      },
      committing);
  if (status.ok() && from_body.ok()) return status;
  const PgFailure failure = FailureOf(status);
  if (failure == PgFailure::kInDoubt) left_behind_ = connection_->backend();
  const bool healthy = status.ok() || failure == PgFailure::kRetry || failure == PgFailure::kBadRow;
  if (!healthy || !Rollback().ok()) Close();
  return status.ok() ? from_body : status;
}

}  // namespace ordersaga::pg

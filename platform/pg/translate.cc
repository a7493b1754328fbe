#include <fmt/format.h>

#include "absl/strings/cord.h"
#include "absl/strings/str_split.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/pg/connection.h"
#include "platform/pg/status.h"

namespace ordersaga::pg {
namespace {

constexpr char kIdleInTransaction[] = "25P03";
constexpr char kLockNotAvailable[] = "55P03";
constexpr char kCachedPlan[] = "0A000";  // "cached plan must not change result type"
constexpr char kPayload[] = "ordersaga/pg-failure";
constexpr char kRaisedState[] = "ordersaga/pg-raised";
constexpr char kRaisedMissing[] = "ordersaga/pg-missing";

absl::StatusCode CodeOf(PgFailure failure) {
  switch (failure) {
    case PgFailure::kUnavailable:
    case PgFailure::kInDoubt:
    case PgFailure::kLocked:
      return absl::StatusCode::kUnavailable;
    case PgFailure::kRetry:
      return absl::StatusCode::kAborted;
    case PgFailure::kBadRow:
      return absl::StatusCode::kInvalidArgument;
    case PgFailure::kRaised:
      return absl::StatusCode::kFailedPrecondition;
    case PgFailure::kOther:
      return absl::StatusCode::kInternal;
  }
  return absl::StatusCode::kInternal;
}

// Classes of SQLSTATE: appendix A of PostgreSQL's manual.
PgFailure Classify(const std::string& sqlstate) {
  // A plan that was made before the schema changed under it: heals on a new connection.
  if (sqlstate == kCachedPlan) return PgFailure::kUnavailable;
  if (sqlstate == kLockNotAvailable) return PgFailure::kLocked;
  const std::string category = sqlstate.substr(0, 2);
  if (category == "22" || category == "23") return PgFailure::kBadRow;
  if (category == "40") return PgFailure::kRetry;
  if (category == "OS") return PgFailure::kRaised;
  if (category == "08" || category == "53" || category == "57" || category == "25") {
    return PgFailure::kUnavailable;
  }
  return PgFailure::kOther;
}

}  // namespace

absl::Status MakeFailure(PgFailure failure, const std::string& message) {
  absl::Status status(CodeOf(failure), CleanText(message));
  status.SetPayload(kPayload, absl::Cord(std::to_string(static_cast<int>(failure))));
  return status;
}

PgFailure FailureOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (!payload.has_value()) return PgFailure::kOther;
  return static_cast<PgFailure>(std::stoi(std::string(*payload)));
}

Raised RaisedBy(const absl::Status& status) {
  const std::string missing(status.GetPayload(kRaisedMissing).value_or(absl::Cord()));
  return {std::string(status.GetPayload(kRaisedState).value_or(absl::Cord())),
          absl::StrSplit(missing, ',', absl::SkipEmpty())};
}

absl::Status ForReader(const absl::Status& status) {
  if (!ReasonOf(status).empty()) return status;
  const PgFailure failure = FailureOf(status);
  if (failure == PgFailure::kBadRow || failure == PgFailure::kOther) {
    return MakeError(absl::StatusCode::kInternal, "QUERY_FAILED", "the database refused to run the query");
  }
  return TryAgain(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE", "the database cannot be read at the moment",
                  absl::Seconds(1));
}

absl::Status TooManyReads() {
  return TryAgain(absl::StatusCode::kResourceExhausted, "TOO_MANY_READS", "too many reads are waiting",
                  absl::Seconds(1));
}

absl::Status Translate(const std::function<absl::Status()>& body, const bool& committing) {
  try {
    return body();
  } catch (const SqlError& error) {
    const PgFailure failure = Classify(error.sqlstate());
    // A server that is going down while it commits has not said whether it did. One that had ended the transaction as
    // idle has.
    const bool doubt = committing && failure == PgFailure::kUnavailable && error.sqlstate() != kIdleInTransaction;
    absl::Status status = MakeFailure(doubt ? PgFailure::kInDoubt : failure, error.what());
    if (failure == PgFailure::kRaised) {
      status.SetPayload(kRaisedState, absl::Cord(error.sqlstate()));
      status.SetPayload(kRaisedMissing, absl::Cord(error.detail()));
    }
    return status;
  } catch (const ConnectionLost& error) {
    return MakeFailure(committing ? PgFailure::kInDoubt : PgFailure::kUnavailable, error.what());
  } catch (const std::exception& error) {
    return MakeFailure(committing ? PgFailure::kInDoubt : PgFailure::kOther, error.what());
  }
}

}  // namespace ordersaga::pg

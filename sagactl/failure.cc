#include "sagactl/failure.h"

#include <fmt/format.h>

#include "platform/base/error.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

// What the user can do about it.
std::string Hint(const absl::Status& status, const Options& options) {
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return "Try: sagactl list";
    case absl::StatusCode::kDeadlineExceeded:
      return fmt::format("Try a longer --timeout than {}, or look at the orchestrator's log.",
                         absl::FormatDuration(options.timeout));
    case absl::StatusCode::kUnavailable:
      if (!ReasonOf(status).empty()) return "The orchestrator is up but cannot answer now; try again.";
      return fmt::format(
          "Is the orchestrator running at {}? Name another with --address HOST:PORT or "
          "SAGACTL_ADDRESS.",
          Printable(options.address));
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return "Show a key with --key-file or SAGACTL_KEY, or a certificate with --tls-folder.";
    case absl::StatusCode::kInvalidArgument:
      return "Try: sagactl --help";
    default:
      return "Look at the orchestrator's log for more.";
  }
}

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kOk;
    case absl::StatusCode::kNotFound:
      return kNotFound;
    case absl::StatusCode::kInvalidArgument:
      return kUsage;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
      return ReasonOf(status).empty() ? kFailure : kConflict;  // a refusal has a reason; what we found out has none
    case absl::StatusCode::kUnavailable:
      return kUnreachable;
    case absl::StatusCode::kDeadlineExceeded:
      return kTimeout;
    default:
      return kFailure;
  }
}

}  // namespace

int Fail(const absl::Status& status, const Options& options, const Terminal& terminal) {
  return Fail(status, Hint(status, options), terminal);
}

int Fail(const absl::Status& status, const std::string& hint, const Terminal& terminal) {
  terminal.err << "sagactl: " << Printable(MessageOf(status)) << "\n";
  for (const FieldViolation& violation : ViolationsOf(status)) {
    terminal.err << "  " << Printable(violation.field) << ": " << Printable(violation.description) << "\n";
  }
  terminal.err << hint << "\n";
  return ExitCodeOf(status);
}

}  // namespace ordersaga::cli

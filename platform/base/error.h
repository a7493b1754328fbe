// Errors that cross an interface: an absl::Status with a stable reason code, and what the caller can do about it.
// platform/rpc turns them into google.rpc details and back; the gateway turns them into HTTP answers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace ordersaga {

struct FieldViolation {
  std::string field;        // "lines[0].quantity"
  std::string description;  // "must be an integer from 1 to 2147483647"

  bool operator==(const FieldViolation&) const = default;
};

// `reason` is UPPER_SNAKE, stable, listed in docs/errors.md; empty: none, as gRPC's own errors have.
absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message);

// INVALID_ARGUMENT, reason INVALID_REQUEST, naming every bad field. Requires at least one violation.
absl::Status BadRequest(const std::vector<FieldViolation>& violations);

// UNAVAILABLE or RESOURCE_EXHAUSTED that may be tried again after `retry_after`.
absl::Status TryAgain(absl::StatusCode code, std::string_view reason, std::string_view message,
                      absl::Duration retry_after);

std::string ReasonOf(const absl::Status& status);  // empty if it has none
std::vector<FieldViolation> ViolationsOf(const absl::Status& status);
std::optional<absl::Duration> RetryAfterOf(const absl::Status& status);

// The message as a std::string (Debian's absl has a string_view of its own).
std::string MessageOf(const absl::Status& status);

}  // namespace ordersaga

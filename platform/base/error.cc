#include "platform/base/error.h"

#include <fmt/format.h>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace ordersaga {
namespace {

constexpr char kReason[] = "ordersaga/reason";
constexpr char kFields[] = "ordersaga/fields";
constexpr char kRetryAfter[] = "ordersaga/retry-after-ms";
// Separators that no field name or description of ours contains.
constexpr char kRow = '\x1e';
constexpr char kColumn = '\x1f';

std::string PayloadOf(const absl::Status& status, const char* key) {
  const auto payload = status.GetPayload(key);
  return payload.has_value() ? std::string(*payload) : std::string();
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, std::string_view reason, std::string_view message) {
  absl::Status status(code, absl::string_view(message.data(), message.size()));
  if (!reason.empty()) status.SetPayload(kReason, absl::Cord(absl::string_view(reason.data(), reason.size())));
  return status;
}

absl::Status BadRequest(const std::vector<FieldViolation>& violations) {
  std::string message;
  std::string fields;
  for (const FieldViolation& v : violations) {
    message += fmt::format("{}{} {}", message.empty() ? "" : "; ", v.field, v.description);
    fields += fmt::format("{}{}{}{}", v.field, kColumn, v.description, kRow);
  }
  absl::Status status = MakeError(absl::StatusCode::kInvalidArgument, "INVALID_REQUEST", message);
  status.SetPayload(kFields, absl::Cord(fields));
  return status;
}

absl::Status TryAgain(absl::StatusCode code, std::string_view reason, std::string_view message,
                      absl::Duration retry_after) {
  absl::Status status = MakeError(code, reason, message);
  status.SetPayload(kRetryAfter, absl::Cord(fmt::format("{}", absl::ToInt64Milliseconds(retry_after))));
  return status;
}

std::string ReasonOf(const absl::Status& status) {
  return PayloadOf(status, kReason);
}

std::vector<FieldViolation> ViolationsOf(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  const std::string payload = PayloadOf(status, kFields);
  for (const auto row : absl::StrSplit(payload, kRow, absl::SkipEmpty())) {
    const std::pair<std::string, std::string> columns = absl::StrSplit(row, kColumn);
    violations.push_back({columns.first, columns.second});
  }
  return violations;
}

std::optional<absl::Duration> RetryAfterOf(const absl::Status& status) {
  std::int64_t ms = 0;
  if (!absl::SimpleAtoi(PayloadOf(status, kRetryAfter), &ms)) return std::nullopt;
  return absl::Milliseconds(ms);
}

std::string MessageOf(const absl::Status& status) {
  return std::string(status.message());
}

}  // namespace ordersaga

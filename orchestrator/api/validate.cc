#include "orchestrator/api/validate.h"

#include <fmt/format.h>

#include "platform/base/error.h"
#include "platform/base/hash.h"
#include "platform/base/text.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kMaxLines = 50;

void CheckLines(const order::v1::PlaceOrderRequest& request, std::vector<FieldViolation>& problems) {
  if (request.lines().empty()) problems.push_back({"lines", "must have at least one line"});
  if (request.lines_size() > kMaxLines) {
    problems.push_back({"lines", fmt::format("must have at most {} lines", kMaxLines)});
  }
  for (int i = 0; i < request.lines_size(); ++i) {
    const common::v1::Line& line = request.lines(i);
    if (!IsName(line.item_id())) problems.push_back({fmt::format("lines[{}].item_id", i), kNameRule});
    if (line.quantity() < 1) {
      problems.push_back({fmt::format("lines[{}].quantity", i), "must be at least 1"});
    }
  }
}

absl::Status NoSuchOrder() {
  return MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no such order");
}

// The same items in the same order, quantities and address: the same request.
std::string FingerprintOf(const order::v1::PlaceOrderRequest& request) {
  std::string canonical = request.user_email();
  for (const common::v1::Line& line : request.lines()) {
    canonical += fmt::format("\n{}\n{}", line.item_id(), line.quantity());
  }
  return Fingerprint(canonical);
}

}  // namespace

absl::StatusOr<PlaceRequest> Validate(const order::v1::PlaceOrderRequest& request, const std::string& client) {
  std::vector<FieldViolation> problems;
  CheckLines(request, problems);
  if (!IsEmailAddress(request.user_email())) {
    problems.push_back({"user_email", "must be an e-mail address"});
  }
  if (!IsName(request.idempotency_key())) {
    problems.push_back({"idempotency_key", "must be 1 to 255 bytes; a fresh UUID will do"});
  }
  if (!problems.empty()) return BadRequest(problems);

  PlaceRequest place;
  place.key = {client, request.idempotency_key(), FingerprintOf(request)};
  place.user_email = request.user_email();
  for (const common::v1::Line& line : request.lines()) place.lines.push_back({line.item_id(), line.quantity(), {}});
  return place;
}

absl::StatusOr<Uuid> ParseOrderId(const std::string& text) {
  const std::optional<Uuid> id = Uuid::Parse(text);
  if (id.has_value()) return *id;
  return NoSuchOrder();
}

absl::Status Seen(const absl::StatusOr<Saga>& saga, const access::Principal& caller) {
  return saga.ok() && !Reads(caller, saga->order->client) ? NoSuchOrder() : saga.status();
}

}  // namespace ordersaga::orchestrator

#include "orchestrator/api/validate.h"

#include <fmt/format.h>

#include "platform/base/error.h"
#include "platform/base/hash.h"
#include "platform/base/text.h"
#include "platform/rpc/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kMaxLines = 50;
constexpr std::size_t kMaxItemId = 255;
constexpr std::size_t kMaxKey = 255;
constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 1000;

void CheckLines(const order::v1::PlaceOrderRequest& request, std::vector<FieldViolation>& problems) {
  if (request.lines().empty()) problems.push_back({"lines", "must have at least one line"});
  if (request.lines_size() > kMaxLines) {
    problems.push_back({"lines", fmt::format("must have at most {} lines", kMaxLines)});
  }
  for (int i = 0; i < request.lines_size(); ++i) {
    const common::v1::Line& line = request.lines(i);
    if (line.item_id().empty() || !IsCleanText(line.item_id(), kMaxItemId)) {
      problems.push_back(
          {fmt::format("lines[{}].item_id", i), "must be 1 to 255 bytes of text without control characters"});
    }
    if (line.quantity() < 1) {
      problems.push_back({fmt::format("lines[{}].quantity", i), "must be at least 1"});
    }
  }
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

absl::StatusOr<PlaceRequest> Validate(const order::v1::PlaceOrderRequest& request, const PriceList& prices) {
  std::vector<FieldViolation> problems;
  CheckLines(request, problems);
  if (!IsEmailAddress(request.user_email())) {
    problems.push_back({"user_email", "must be an e-mail address"});
  }
  if (request.idempotency_key().empty() || !IsCleanText(request.idempotency_key(), kMaxKey)) {
    problems.push_back({"idempotency_key", "must be 1 to 255 bytes; a fresh UUID will do"});
  }
  if (!IsCleanText(request.scope(), kMaxKey)) problems.push_back({"scope", "must be at most 255 bytes"});
  if (!problems.empty()) return BadRequest(problems);

  PlaceRequest place;
  place.key = {request.scope(), request.idempotency_key(), FingerprintOf(request)};
  place.user_email = request.user_email();
  std::optional<Money> total = Money{0, PriceList::DefaultPrice().currency};
  for (const common::v1::Line& line : request.lines()) {
    const Money price = prices.PriceOf(line.item_id());
    place.lines.push_back({line.item_id(), line.quantity(), price});
    const std::optional<Money> cost = Multiply(price, line.quantity());
    total = total.has_value() && cost.has_value() ? Add(*total, *cost) : std::nullopt;
  }
  if (!total.has_value()) {
    return BadRequest({{"lines", "cost more than can be counted, or mix currencies"}});
  }
  place.total = *total;
  return place;
}

absl::StatusOr<SagaFilter> FilterFrom(const order::v1::ListOrdersRequest& request) {
  SagaFilter filter;
  std::vector<FieldViolation> problems;
  filter.limit = request.page_size() == 0 ? kDefaultPage : request.page_size();
  if (filter.limit < 1 || filter.limit > kMaxPage) {
    problems.push_back({"page_size", fmt::format("must be from 1 to {}", kMaxPage)});
  }
  if (!request.page_token().empty()) {
    filter.before = Uuid::Parse(request.page_token());
    if (!filter.before.has_value()) problems.push_back({"page_token", "must be the token of an earlier answer"});
  }
  if (!request.user_email().empty()) {
    filter.user_email = request.user_email();
    if (!IsEmailAddress(request.user_email())) problems.push_back({"user_email", "must be an e-mail address"});
  }
  if (request.status() == order::v1::ORDER_STATUS_PENDING) filter.status = Status::kPending;
  if (request.status() == order::v1::ORDER_STATUS_COMPLETED) filter.status = Status::kCompleted;
  if (request.status() == order::v1::ORDER_STATUS_CANCELLED) filter.status = Status::kCancelled;
  if (request.status() != order::v1::ORDER_STATUS_UNSPECIFIED && !filter.status.has_value()) {
    problems.push_back({"status", "is not known"});
  }
  if (request.has_since()) filter.since = rpc::FromProto(request.since());
  if (request.has_until()) filter.until = rpc::FromProto(request.until());
  if (!problems.empty()) return BadRequest(problems);
  return filter;
}

absl::StatusOr<Uuid> ParseOrderId(const std::string& text) {
  const std::optional<Uuid> id = Uuid::Parse(text);
  if (id.has_value()) return *id;
  return MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no such order");
}

}  // namespace ordersaga::orchestrator

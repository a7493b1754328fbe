// The request seam of the gateway: bytes in; an order, or what is wrong with them, out. For libFuzzer (see run).
//
// The first byte chooses the reader. Whatever comes out is checked: an order must be one the orchestrator would take,
// and a refusal must make a problem that is valid JSON.
#include <boost/json/src.hpp>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "gateway/api/headers.h"
#include "gateway/api/order_json.h"
#include "gateway/api/problem.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/http/router.h"

namespace ordersaga {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

class CountingRng final : public Rng {
 public:
  std::uint64_t Next() override { return ++count_; }

 private:
  std::uint64_t count_ = 0;
};

void CheckRefusal(const absl::Status& status, const std::string& text) {
  http::Request request;
  request.path = text;
  const http::Response response = gateway::Problem(status, request);
  Require(response.status == 400);
  boost::system::error_code error;
  const boost::json::value body = boost::json::parse(response.body, error);
  Require(!error && IsValidUtf8(response.body));
  Require(!body.as_object().at("error").as_string().empty());
}

void Order(const std::string& text) {
  const auto order = gateway::ReadOrder(text, {});
  if (!order.ok()) return CheckRefusal(order.status(), text);
  Require(order->lines_size() >= 1 && order->lines_size() <= 50);
  for (const auto& line : order->lines()) {
    Require(line.quantity() >= 1);
    Require(!line.item_id().empty() && IsCleanText(line.item_id(), 255));
  }
  Require(IsEmailAddress(order->user_email()) && IsCleanText(order->user_email(), 254));
  Require(!order->SerializeAsString().empty());
}

void Query(const std::string& text) {
  const auto query = http::ParseQuery(text);
  if (!query.has_value()) return;
  const auto listing = gateway::ReadListing(*query);
  if (!listing.ok()) return CheckRefusal(listing.status(), text);
  Require(listing->page_size() >= 0 && listing->page_size() <= 100);
  Require(IsValidUtf8(listing->user_email()) && IsValidUtf8(listing->page_token()));
}

void Headers(const std::string& text) {
  CountingRng rng;
  http::Request request;
  request.request_id = "id";
  for (const char* name : {"idempotency-key", "prefer", "traceparent", "tracestate", "if-none-match"}) {
    request.headers[name] = text;
  }
  const auto key = gateway::IdempotencyKey(request);
  if (key.ok()) Require(!(*key)->empty() && (*key)->size() <= 255 && IsValidUtf8(**key));
  const absl::Duration wait = gateway::PreferredWait(request, absl::Seconds(60));
  Require(wait >= absl::ZeroDuration() && wait <= absl::Seconds(60));
  for (const auto& [name, value] : gateway::TraceOf(request, rng).metadata) {
    for (const char c : value) Require(c >= 0x20 && c < 0x7f);
  }
  (void)gateway::NamesVersion(text, 7);
}

}  // namespace
}  // namespace ordersaga

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      ordersaga::Query(text);
      break;
    case 1:
      ordersaga::Headers(text);
      break;
    default:
      ordersaga::Order(text);
  }
  return 0;
}

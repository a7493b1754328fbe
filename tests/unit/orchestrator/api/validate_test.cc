#include "orchestrator/api/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/api/list.h"
#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::UnorderedElementsAre;

order::v1::PlaceOrderRequest Request() {
  order::v1::PlaceOrderRequest request;
  request.set_user_email("a@b.co");
  request.set_idempotency_key("k");
  auto* line = request.add_lines();
  line->set_item_id("a");
  line->set_quantity(1);
  return request;
}

std::string FingerprintOf(const order::v1::PlaceOrderRequest& request) {
  const auto place = Validate(request, "");
  EXPECT_TRUE(place.ok()) << place.status();
  return place.ok() ? place->key.fingerprint : "";
}

TEST(ValidateTest, TheFingerprintIsOfTheOrderAndNothingElse) {
  const std::string fingerprint = FingerprintOf(Request());
  order::v1::PlaceOrderRequest other = Request();
  other.set_idempotency_key("another key");

  EXPECT_EQ(FingerprintOf(other), fingerprint);

  other = Request();
  other.set_user_email("c@b.co");
  EXPECT_NE(FingerprintOf(other), fingerprint);
  other = Request();
  other.mutable_lines(0)->set_quantity(2);
  EXPECT_NE(FingerprintOf(other), fingerprint);
  other = Request();
  *other.add_lines() = other.lines(0);
  EXPECT_NE(FingerprintOf(other), fingerprint);
}

TEST(ValidateTest, ControlCharactersAreRefusedAndNothingElse) {
  for (const char* control : {"\n", "\u0085", "\u2028", "\u202e"}) {
    order::v1::PlaceOrderRequest request = Request();
    request.mutable_lines(0)->set_item_id(std::string("a") + control);
    request.set_user_email(std::string("a") + control + "@b.co");
    std::vector<std::string> fields;
    for (const auto& violation : ViolationsOf(Validate(request, "").status())) fields.push_back(violation.field);
    EXPECT_THAT(fields, UnorderedElementsAre("lines[0].item_id", "user_email")) << control;
  }
  order::v1::PlaceOrderRequest odd = Request();
  odd.mutable_lines(0)->set_item_id("../ \u200b\u5e97");
  EXPECT_TRUE(Validate(odd, "").ok());
}

std::vector<std::string> BadFields(const order::v1::ListOrdersRequest& request) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ViolationsOf(FilterOf(request).status())) fields.push_back(violation.field);
  return fields;
}

TEST(FilterOfTest, TakesWhatIsGiven) {
  order::v1::ListOrdersRequest request;
  EXPECT_EQ(FilterOf(request)->limit, 50);
  request.set_status(order::v1::ORDER_STATUS_CANCELLED);
  request.set_page_size(7);
  request.set_user_email("a@b.co");
  request.mutable_since()->set_seconds(5);
  const auto filter = FilterOf(request);
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_EQ(filter->status, Status::kCancelled);
  EXPECT_EQ(filter->limit, 7);
  EXPECT_EQ(filter->user_email, "a@b.co");
  EXPECT_EQ(filter->since, absl::FromUnixSeconds(5));
  EXPECT_FALSE(filter->until.has_value());
}

TEST(FilterOfTest, NamesEveryFieldThatIsWrong) {
  order::v1::ListOrdersRequest request;
  request.set_page_size(1001);
  request.set_page_token("x");
  request.set_user_email("x");
  request.set_status(static_cast<order::v1::OrderStatus>(77));
  EXPECT_THAT(BadFields(request), UnorderedElementsAre("page_size", "page_token", "user_email", "status"));
}

}  // namespace
}  // namespace ordersaga::orchestrator

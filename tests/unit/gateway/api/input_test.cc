// Bodies and queries: what becomes of them, and what is said about those that are no good.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/api/order_json.h"
#include "gateway/api/strict_json.h"
#include "platform/base/error.h"

namespace ordersaga::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : ViolationsOf(status)) fields.push_back(violation.field);
  return fields;
}

std::vector<std::string> BadFields(std::string_view body, const InputLimits& limits = {}) {
  return FieldsOf(ReadOrder(body, limits).status());
}

TEST(StrictJsonTest, TakesObjectsOnly) {
  EXPECT_TRUE(ParseObject(R"( {"a": [1, {"b": null}]} )", 8).ok());
  for (const char* text : {"", " ", "[]", "1", "null", "{", "{}x", "{'a':1}", R"({"a":1,})", R"({"a":NaN})",
                           R"({"a":"\ud800"})", "{\"a\":\"\xff\"}", R"({"a":01})", "{} {}", "\xef\xbb\xbf{}"}) {
    EXPECT_EQ(ReasonOf(ParseObject(text, 8).status()), "INVALID_JSON") << text;
  }
}

TEST(StrictJsonTest, RefusesKeysThatStandTwice) {
  EXPECT_THAT(MessageOf(ParseObject(R"({"a":1,"a":2})", 8).status()), HasSubstr("\"a\" is given twice"));
  EXPECT_FALSE(ParseObject(R"({"x":{"a":1,"\u0061":2}})", 8).ok()) << "written in another way";
  EXPECT_TRUE(ParseObject(R"({"a":{"a":1},"b":{"a":1}})", 8).ok()) << "in different objects";
}

TEST(StrictJsonTest, RefusesWhatIsTooDeep) {
  const auto nested = [](int depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_TRUE(ParseObject(nested(8), 8).ok());
  EXPECT_FALSE(ParseObject(nested(9), 8).ok());
  EXPECT_TRUE(ParseObject(nested(9), 9).ok());
}

TEST(ReadOrderTest, TakesBothForms) {
  const auto one = ReadOrder(R"({"item_id":"a","quantity":2,"user_email":"a@b.co"})", {});
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(one->lines(0).item_id(), "a");
  EXPECT_EQ(one->lines(0).quantity(), 2);
  EXPECT_EQ(one->user_email(), "a@b.co");
  const auto same = ReadOrder(R"({"user_email":"a@b.co","items":[{"quantity":2,"item_id":"a"}],"x":1})", {});
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(one->SerializeAsString(), same->SerializeAsString());
}

TEST(ReadOrderTest, NamesEveryFieldThatIsWrong) {
  EXPECT_THAT(BadFields("{}"), UnorderedElementsAre("/item_id", "/quantity", "/user_email"));
  EXPECT_THAT(BadFields(R"({"items":[{"item_id":""},7],"item_id":"a","user_email":"x"})"),
              UnorderedElementsAre("/item_id", "/items/0/item_id", "/items/0/quantity", "/items/1", "/user_email"));
  EXPECT_THAT(BadFields(R"({"items":null,"user_email":"a@b.co"})"), UnorderedElementsAre("/item_id", "/quantity"));
}

TEST(ReadOrderTest, QuantitiesAreWholeAndInRange) {
  const auto body = [](const std::string& quantity) {
    return R"({"item_id":"a","user_email":"a@b.co","quantity":)" + quantity + "}";
  };
  for (const auto& [good, value] : std::map<std::string, int>{{"1", 1},
                                                              {"2147483647", 2147483647},
                                                              {"1.0", 1},
                                                              {"1e0", 1},
                                                              {"2147483647.0", 2147483647},
                                                              {"2.5e1", 25},
                                                              {"7.0", 7},
                                                              {"30000e-4", 3}}) {
    const auto order = ReadOrder(body(good), {});
    ASSERT_TRUE(order.ok()) << good;
    EXPECT_EQ(order->lines(0).quantity(), value) << good;
  }
  for (const char* bad : {"0", "-1", "2147483648", "1.5", "0.0", "0.9999", "-1.0", "2147483647.5", "2147483648.0",
                          "1e300", "1e-300", "\"1\"", "true", "null", "[1]", "99999999999999999999"}) {
    EXPECT_THAT(BadFields(body(bad)), ElementsAre("/quantity")) << bad;
  }
}

TEST(ReadOrderTest, ControlCharactersAreRefusedAndNothingElse) {
  const auto body = [](const std::string& item, const std::string& email) {
    return R"({"quantity":1,"item_id":")" + item + R"(","user_email":")" + email + "\"}";
  };
  for (const char* control : {"\\u0000", "\\n", "\\u0085", "\\u2028", "\u2029", "\u202e", "\\u2066", "\u061c"}) {
    EXPECT_THAT(BadFields(body(control, "a@b.co")), ElementsAre("/item_id")) << control;
    EXPECT_THAT(BadFields(body("a", std::string("a") + control + "@b.co")), ElementsAre("/user_email")) << control;
    EXPECT_THAT(FieldsOf(ReadReason(std::string(R"({"reason":"a)") + control + "\"}", {}).status()),
                ElementsAre("/reason"));
  }
  for (const char* odd : {" ", "../../", "\\u200b", "\u5e97", "\\ud83d\\ude00", "'; DROP TABLE orders; --", "\\\""}) {
    EXPECT_TRUE(ReadOrder(body(odd, "j\u00f6rg@b.co"), {}).ok()) << odd;
  }
}

TEST(ReadOrderTest, LimitsAreThoseThatAreSet) {
  InputLimits limits;
  limits.quantity = 5;
  limits.lines = 1;
  EXPECT_THAT(BadFields(R"({"item_id":"a","quantity":6,"user_email":"a@b.co"})", limits), ElementsAre("/quantity"));
  EXPECT_THAT(
      BadFields(R"({"items":[{"item_id":"a","quantity":1},{"item_id":"b","quantity":1}],"user_email":"a@b.co"})",
                limits),
      ElementsAre("/items"));
}

TEST(ReadReasonTest, IsOptional) {
  EXPECT_EQ(*ReadReason("", {}), "");
  EXPECT_EQ(*ReadReason("{}", {}), "");
  EXPECT_EQ(*ReadReason(R"({"reason":"too slow"})", {}), "too slow");
  EXPECT_THAT(FieldsOf(ReadReason(R"({"reason":7})", {}).status()), ElementsAre("/reason"));
  EXPECT_EQ(ReasonOf(ReadReason("x", {}).status()), "INVALID_JSON");
}

TEST(ReadListingTest, TakesWhatItKnowsAndIgnoresTheRest) {
  const auto listing = ReadListing({{"user_email", "a@b.co"},
                                    {"status", "CANCELLED"},
                                    {"since", "2026-01-31T12:00:00.5Z"},
                                    {"limit", "7"},
                                    {"cursor", "abc"},
                                    {"colour", "red"}});
  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->user_email(), "a@b.co");
  EXPECT_EQ(listing->status(), order::v1::ORDER_STATUS_CANCELLED);
  EXPECT_EQ(listing->since().nanos(), 500'000'000);
  EXPECT_EQ(listing->page_size(), 7);
  EXPECT_EQ(listing->page_token(), "abc");
  EXPECT_FALSE(listing->has_until());
}

TEST(ReadListingTest, NamesEveryParameterThatIsWrong) {
  const auto bad = ReadListing({{"user_email", "x"},
                                {"status", "LOST"},
                                {"since", "now"},
                                {"until", "infinite-past"},
                                {"limit", "1x"},
                                {"cursor", ""}});
  EXPECT_THAT(FieldsOf(bad.status()),
              UnorderedElementsAre("user_email", "status", "since", "until", "limit", "cursor"));
}

TEST(WritePlacedTest, SaysTheSameHoweverFarTheOrderIs) {
  order::v1::PlaceOrderResponse placed;
  placed.set_order_id("id");
  placed.set_status(order::v1::ORDER_STATUS_COMPLETED);
  EXPECT_EQ(WritePlaced(placed), R"({"message":"Order accepted for processing","order_id":"id","status":"PENDING"})");
}

}  // namespace
}  // namespace ordersaga::gateway

#include "gateway/api/problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "platform/base/error.h"

namespace ordersaga::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

http::Request Request() {
  http::Request request;
  request.path = "/api/v1/orders";
  request.request_id = "id-1";
  return request;
}

boost::json::object BodyOf(const http::Response& response) {
  return boost::json::parse(response.body).as_object();
}

std::string HeaderOf(const http::Response& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(ProblemTest, HasAllThatClientsLookFor) {
  const auto response = Problem(MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "no such order"), Request());
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/problem+json");
  const boost::json::object body = BodyOf(response);
  EXPECT_EQ(body.at("code"), "ORDER_NOT_FOUND");
  EXPECT_EQ(body.at("title"), "Not Found");
  EXPECT_EQ(body.at("status"), 404);
  EXPECT_EQ(body.at("detail"), "no such order");
  EXPECT_EQ(body.at("error"), body.at("detail"));
  EXPECT_EQ(body.at("instance"), "/api/v1/orders");
  EXPECT_EQ(body.at("request_id"), "id-1");
  EXPECT_FALSE(body.contains("errors"));
}

TEST(ProblemTest, SaysWhereItIsWrong) {
  const auto body = BodyOf(Problem(BadRequest({{"/items/0", "a"},
                                               {"Idempotency-Key", "b"},
                                               {"limit", "c"},
                                               {"page_token", "d"},
                                               {"lines[3].item_id", "e"}}),
                                   Request()));
  const boost::json::array& errors = body.at("errors").as_array();
  EXPECT_EQ(errors.at(0).at("pointer"), "/items/0");
  EXPECT_EQ(errors.at(1).at("header"), "Idempotency-Key");
  EXPECT_EQ(errors.at(2).at("parameter"), "limit");
  EXPECT_EQ(errors.at(3).at("parameter"), "cursor");
  EXPECT_EQ(errors.at(4).at("pointer"), "/items");
}

TEST(ProblemTest, EveryErrorHasItsStatus) {
  using Code = absl::StatusCode;
  const std::tuple<Code, const char*, int, const char*> cases[] = {
      {Code::kInvalidArgument, "INVALID_JSON", 400, "INVALID_JSON"},
      {Code::kFailedPrecondition, "IDEMPOTENCY_KEY_REUSED", 422, "IDEMPOTENCY_KEY_REUSED"},
      {Code::kFailedPrecondition, "ORDER_ALREADY_COMPLETED", 409, "ORDER_ALREADY_COMPLETED"},
      {Code::kFailedPrecondition, "ORDER_CHANGED", 412, "ORDER_CHANGED"},
      {Code::kResourceExhausted, "TOO_MANY_WAITING", 503, "TOO_MANY_WAITING"},
      {Code::kResourceExhausted, "TOO_MANY_OPEN_ORDERS", 429, "TOO_MANY_OPEN_ORDERS"},
      {Code::kUnavailable, "", 503, "UNAVAILABLE"},
      {Code::kDeadlineExceeded, "", 504, "TIMEOUT"},
      {Code::kInternal, "INVARIANT_BROKEN", 502, "FAILED"},
      {Code::kUnknown, "", 502, "FAILED"},
      {Code::kUnimplemented, "", 502, "FAILED"},
  };
  for (const auto& [code, reason, status, name] : cases) {
    const auto response = Problem(MakeError(code, reason, "secret"), Request());
    EXPECT_EQ(response.status, status) << reason;
    EXPECT_EQ(BodyOf(response).at("code"), name);
    if (status == 502 || status == 504) {
      EXPECT_THAT(response.body, Not(HasSubstr("secret")));
    }
  }
}

TEST(ProblemTest, SaysWhenToComeBack) {
  const auto wait = [](absl::Duration time) {
    return HeaderOf(
        Problem(TryAgain(absl::StatusCode::kResourceExhausted, "TOO_MANY_WAITING", "full", time), Request()),
        "Retry-After");
  };
  EXPECT_EQ(wait(absl::Milliseconds(1)), "1");
  EXPECT_EQ(wait(absl::Milliseconds(2001)), "3");
  EXPECT_EQ(HeaderOf(Problem(absl::UnavailableError("x"), Request()), "Retry-After"), "1");
}

TEST(ProblemTest, ForeignTextIsMadeSafe) {
  http::Request request = Request();
  request.path = "/\xff\x01";
  const auto response = Problem(MakeError(absl::StatusCode::kNotFound, "NOT_FOUND", "a\xff\nb"), request);
  EXPECT_EQ(BodyOf(response).at("detail"), "a? b");
  EXPECT_EQ(BodyOf(response).at("instance"), "/? ");
}

}  // namespace
}  // namespace ordersaga::gateway

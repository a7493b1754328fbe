// Errors out onto the wire and back: what goes out comes back equal.
#include "platform/rpc/status.h"

#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "platform/base/error.h"

namespace ordersaga::rpc {
namespace {

std::vector<absl::Status> OurErrors() {
  return {MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no order 7"),
          MakeError(absl::StatusCode::kAborted, "NOT_OWNER", ""),
          BadRequest({{"quantity", "must be from 1 to 10"}}),
          BadRequest({{"lines[0].item_id", "must not be empty"}, {"email", "must be an address"}}),
          TryAgain(absl::StatusCode::kUnavailable, "OVERLOADED", "too many at once", absl::Milliseconds(250)),
          TryAgain(absl::StatusCode::kResourceExhausted, "BUSY", "later", absl::Seconds(90) + absl::Milliseconds(1)),
          TryAgain(absl::StatusCode::kUnavailable, "AT_ONCE", "again", absl::ZeroDuration()),
          absl::InternalError("without a reason")};
}

TEST(Status, GoesOutAndComesBackEqual) {
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
  for (const absl::Status& error : OurErrors()) {
    EXPECT_EQ(FromGrpc(ToGrpc(error)), error) << error;
    EXPECT_EQ(FromGrpc(FromMessage(ToMessage(error))), error) << "inside a message: " << error;
  }
}

TEST(Status, EveryCodeIsGrpcs) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status error(static_cast<absl::StatusCode>(code), "x");
    EXPECT_EQ(static_cast<int>(ToGrpc(error).error_code()), code);
    EXPECT_EQ(FromGrpc(ToGrpc(error)).code(), error.code());
  }
}

TEST(Status, OthersCanReadTheDetails) {
  google::rpc::Status message = ToMessage(BadRequest({{"quantity", "must be from 1 to 10"}}));
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad;
  ASSERT_EQ(message.details_size(), 2);
  ASSERT_TRUE(message.details(0).UnpackTo(&info));
  ASSERT_TRUE(message.details(1).UnpackTo(&bad));
  EXPECT_EQ(info.reason(), "INVALID_REQUEST");
  EXPECT_EQ(info.domain(), "ordersaga");
  EXPECT_EQ(bad.field_violations(0).field(), "quantity");
  EXPECT_EQ(bad.field_violations(0).description(), "must be from 1 to 10");
}

TEST(Status, AnErrorOfGrpcsOwnHasNoReason) {
  const absl::Status error = FromGrpc({grpc::StatusCode::UNAVAILABLE, "connection refused"});
  EXPECT_EQ(error, absl::UnavailableError("connection refused"));
  EXPECT_EQ(ReasonOf(error), "");
}

TEST(Status, DetailsThatCannotBeReadCostOnlyThemselves) {
  const absl::Status error = FromGrpc({grpc::StatusCode::NOT_FOUND, "gone", "no protobuf"});
  EXPECT_EQ(error.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MessageOf(error), "gone");
}

TEST(Status, AMessageThatClaimsToBeOkIsNot) {
  EXPECT_EQ(FromMessage(google::rpc::Status()).error_code(), grpc::StatusCode::UNKNOWN);
}

}  // namespace
}  // namespace ordersaga::rpc

// The participants against real gRPC services on loopback that answer what a test tells them.
#include "orchestrator/adapters/rpc/participants.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "orchestrator/adapters/rpc/catalogue_client.h"
#include "orchestrator/adapters/rpc/inventory_participant.h"
#include "orchestrator/adapters/rpc/notification_participant.h"
#include "orchestrator/adapters/rpc/payment_participant.h"
#include "orchestrator/core/order_saga.h"
#include "platform/base/error.h"
#include "platform/rpc/replicas.h"
#include "platform/rpc/status.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::HasSubstr;

constexpr char kTrace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

template <typename Request, typename Response>
struct Script {
  Request got;
  Response answer;
  grpc::Status status;
  std::string traceparent;  // that came with the call
  bool hang = false;

  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context, const Request* request, Response* response) {
    got = *request;
    const auto trace = context->client_metadata().find("traceparent");
    traceparent =
        trace == context->client_metadata().end() ? "" : std::string(trace->second.data(), trace->second.size());
    *response = answer;
    if (hang) return new Hanging;
    auto* reactor = context->DefaultReactor();
    reactor->Finish(status);
    return reactor;
  }

  // Answers only once the caller has given up.
  struct Hanging : grpc::ServerUnaryReactor {
    void OnCancel() override { Finish(grpc::Status::CANCELLED); }
    void OnDone() override { delete this; }
  };
};

class FakePayment final : public payment::v1::PaymentService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Charge(grpc::CallbackServerContext* context, const payment::v1::ChargeRequest* request,
                                   payment::v1::ChargeResponse* response) override {
    return charge.Run(context, request, response);
  }
  Script<payment::v1::ChargeRequest, payment::v1::ChargeResponse> charge;
};

class FakeRefund final : public payment::v1::RefundService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Refund(grpc::CallbackServerContext* context, const payment::v1::RefundRequest* request,
                                   payment::v1::RefundResponse* response) override {
    return refund.Run(context, request, response);
  }
  Script<payment::v1::RefundRequest, payment::v1::RefundResponse> refund;
};

class FakeInventory final : public inventory::v1::InventoryService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Reserve(grpc::CallbackServerContext* context, const inventory::v1::ReserveRequest* request,
                                    inventory::v1::ReserveResponse* response) override {
    return reserve.Run(context, request, response);
  }
  grpc::ServerUnaryReactor* Release(grpc::CallbackServerContext* context, const inventory::v1::ReleaseRequest* request,
                                    inventory::v1::ReleaseResponse* response) override {
    return release.Run(context, request, response);
  }
  grpc::ServerUnaryReactor* ListProducts(grpc::CallbackServerContext* context,
                                         const inventory::v1::ListProductsRequest* request,
                                         inventory::v1::ListProductsResponse* response) override {
    return list.Run(context, request, response);
  }
  Script<inventory::v1::ReserveRequest, inventory::v1::ReserveResponse> reserve;
  Script<inventory::v1::ReleaseRequest, inventory::v1::ReleaseResponse> release;
  Script<inventory::v1::ListProductsRequest, inventory::v1::ListProductsResponse> list;
};

class FakeNotification final : public notification::v1::NotificationService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Notify(grpc::CallbackServerContext* context, const notification::v1::NotifyRequest* request,
                                   notification::v1::NotifyResponse* response) override {
    return notify.Run(context, request, response);
  }
  Script<notification::v1::NotifyRequest, notification::v1::NotifyResponse> notify;
};

class ParticipantsTest : public ::testing::Test {
 protected:
  ParticipantsTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&payment_service_);
    builder.RegisterService(&refund_service_);
    builder.RegisterService(&inventory_service_);
    builder.RegisterService(&notification_service_);
    server_ = builder.BuildAndStart();
    replicas_ = std::make_unique<rpc::Replicas>(fmt::format("127.0.0.1:{}", port_));
    payment_ = std::make_unique<PaymentParticipant>(*replicas_);
    inventory_ = std::make_unique<InventoryParticipant>(*replicas_);
    notification_ = std::make_unique<NotificationParticipant>(*replicas_);
    participants_ = std::make_unique<Participants>(Participants::ByName{
        {"payment", payment_.get()}, {"inventory", inventory_.get()}, {"notification", notification_.get()}});
  }

  static CallRequest Request(std::string_view participant, bool compensation = false) {
    auto order = std::make_shared<Order>();
    order->id = *Uuid::Parse("018f0000-0000-7003-8000-00000000002a");
    order->lines = {{"product-001", 2, Money{5000}}, {"product-002", 1, Money{5000}}};
    order->user_email = "ada@example.com";
    order->total = Money{15000};
    order->traceparent = kTrace;
    CallRequest request;
    request.order = std::move(order);
    request.participant = participant;
    request.compensation = compensation;
    request.key = compensation ? "s/p/compensation" : "s/p/action";
    request.action_key = compensation ? "s/p/action" : "";
    request.not_after = absl::FromUnixSeconds(1714564800);
    request.timeout = absl::Seconds(10);
    return request;
  }

  CallReply Call(CallRequest request) {
    CallReply reply;
    absl::Notification answered;
    const auto done = [&](CallReply r) {
      reply = std::move(r);
      answered.Notify();
    };
    participants_->Call({{std::move(request), done}});
    answered.WaitForNotification();
    return reply;
  }

  // What a charge is answered with when the service ends it with `status`.
  OutcomeUnknown ChargeEndingIn(const grpc::Status& status) {
    payment_service_.charge.status = status;
    return std::get<OutcomeUnknown>(Call(Request("payment")));
  }

  int port_ = 0;
  FakePayment payment_service_;
  FakeRefund refund_service_;
  FakeInventory inventory_service_;
  FakeNotification notification_service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<rpc::Replicas> replicas_;
  std::unique_ptr<PaymentParticipant> payment_;
  std::unique_ptr<InventoryParticipant> inventory_;
  std::unique_ptr<NotificationParticipant> notification_;
  std::unique_ptr<Participants> participants_;
};

TEST_F(ParticipantsTest, ChargeCarriesTheWholeRequestAndReturnsTheChargeId) {
  payment_service_.charge.answer.set_outcome(common::v1::OUTCOME_APPLIED);
  payment_service_.charge.answer.set_charge_id("ch-1");
  const CallReply reply = Call(Request("payment"));
  EXPECT_EQ(std::get<Applied>(reply).evidence, "ch-1");
  const auto& got = payment_service_.charge.got;
  EXPECT_EQ(got.idempotency_key(), "s/p/action");
  EXPECT_EQ(got.order_id(), "018f0000-0000-7003-8000-00000000002a");
  EXPECT_EQ(got.amount().amount_minor(), 15000);
  EXPECT_EQ(got.amount().currency(), "USD");
  EXPECT_EQ(got.user_email(), "ada@example.com");
  EXPECT_EQ(got.not_after().seconds(), 1714564800);
}

TEST_F(ParticipantsTest, ADefinitionThatAsksSomebodyElseIsRefused) {
  EXPECT_TRUE(participants_->Check(Definitions({OrderSaga({})})).ok());
  Definition next = OrderSaga({});
  next.version = 2;
  next.steps[1].participant = "warehouse";
  EXPECT_EQ(MessageOf(participants_->Check(Definitions({OrderSaga({}), next}))),
            "version 2, step inventory asks \"warehouse\", and no such participant was given");
}

TEST_F(ParticipantsTest, EveryCallBelongsToTheOrdersTrace) {
  for (const char* participant : {"payment", "inventory", "notification"}) {
    Call(Request(participant));
  }
  for (const char* participant : {"payment", "inventory"}) Call(Request(participant, true));
  EXPECT_EQ(payment_service_.charge.traceparent, kTrace);
  EXPECT_EQ(refund_service_.refund.traceparent, kTrace);
  EXPECT_EQ(inventory_service_.reserve.traceparent, kTrace);
  EXPECT_EQ(inventory_service_.release.traceparent, kTrace);
  EXPECT_EQ(notification_service_.notify.traceparent, kTrace);
}

TEST_F(ParticipantsTest, AnOrderWithoutATraceIsCalledForWithoutOne) {
  CallRequest request = Request("payment");
  auto order = std::make_shared<Order>(*request.order);
  order->traceparent.clear();
  request.order = std::move(order);
  Call(std::move(request));
  EXPECT_EQ(payment_service_.charge.got.idempotency_key(), "s/p/action");
  EXPECT_EQ(payment_service_.charge.traceparent, "");
}

TEST_F(ParticipantsTest, ARejectedChargeNamesItsReasonAndItsTextIsCleaned) {
  payment_service_.charge.answer.set_outcome(common::v1::OUTCOME_REJECTED);
  payment_service_.charge.answer.set_reason("CARD_DECLINED");
  payment_service_.charge.answer.set_message("no\x1b[31m funds");
  const auto rejected = std::get<Rejected>(Call(Request("payment")));
  EXPECT_EQ(rejected.reason, "CARD_DECLINED");
  EXPECT_EQ(rejected.message, "no [31m funds");
}

TEST_F(ParticipantsTest, AnOkReplyWithoutOutcomeIsUnknownAndNotAskedAgain) {
  EXPECT_FALSE(std::get<OutcomeUnknown>(Call(Request("payment"))).retriable);
}

TEST_F(ParticipantsTest, GrpcErrorsAreUnknownAndMostAreAskedAgain) {
  for (int code = 1; code <= 16; ++code) {
    const auto unknown = ChargeEndingIn({static_cast<grpc::StatusCode>(code), "why"});
    const bool final_code = code == grpc::INVALID_ARGUMENT || code == grpc::FAILED_PRECONDITION ||
                            code == grpc::PERMISSION_DENIED || code == grpc::UNAUTHENTICATED;
    EXPECT_EQ(unknown.retriable, !final_code) << code;
    EXPECT_THAT(unknown.error, HasSubstr("why")) << code;
  }
}

TEST_F(ParticipantsTest, RetryInfoIsHandedOnAndTheReasonIsInTheError) {
  const auto unknown = ChargeEndingIn(
      rpc::ToGrpc(TryAgain(absl::StatusCode::kUnavailable, "KEY_IN_PROGRESS", "still running", absl::Seconds(3))));
  EXPECT_TRUE(unknown.retriable);
  EXPECT_EQ(unknown.retry_after, absl::Seconds(3));
  EXPECT_EQ(unknown.error, "UNAVAILABLE KEY_IN_PROGRESS: still running");
}

TEST_F(ParticipantsTest, AnAnswerThatDoesNotComeIsUnknownWhenTheTimeIsUp) {
  payment_service_.charge.hang = true;
  CallRequest request = Request("payment");
  request.timeout = absl::Milliseconds(50);
  const auto unknown = std::get<OutcomeUnknown>(Call(std::move(request)));
  EXPECT_TRUE(unknown.retriable);
  EXPECT_THAT(unknown.error, HasSubstr("DEADLINE_EXCEEDED"));
}

TEST_F(ParticipantsTest, AParticipantThatIsDestroyedFirstEndsItsCalls) {
  payment_service_.charge.hang = true;
  bool answered = false;
  const auto done = [&](const CallReply& reply) { answered = std::get<OutcomeUnknown>(reply).retriable; };
  payment_->Call({{Request("payment"), done}});
  payment_.reset();
  EXPECT_TRUE(answered);
}

TEST_F(ParticipantsTest, AServiceThatIsDownIsUnknownAtOnce) {
  server_->Shutdown();
  const auto unknown = std::get<OutcomeUnknown>(Call(Request("inventory")));
  EXPECT_TRUE(unknown.retriable);
  EXPECT_THAT(unknown.error, HasSubstr("UNAVAILABLE"));
}

TEST_F(ParticipantsTest, ARefundSaysHowMuchWentBack) {
  refund_service_.refund.answer.set_money_moved(true);
  refund_service_.refund.answer.mutable_refunded()->set_amount_minor(15000);
  refund_service_.refund.answer.mutable_refunded()->set_currency("USD");
  refund_service_.refund.answer.set_refund_id("re-1");
  CallRequest request = Request("payment", /*compensation=*/true);
  request.reason = "OUT_OF_STOCK";
  const auto undone = std::get<Undone>(Call(std::move(request)));
  EXPECT_TRUE(undone.undone);
  EXPECT_EQ(undone.amount, Money{15000});
  EXPECT_EQ(undone.evidence, "re-1");
  EXPECT_EQ(refund_service_.refund.got.idempotency_key(), "s/p/compensation");
  EXPECT_EQ(refund_service_.refund.got.charge_key(), "s/p/action");
  EXPECT_EQ(refund_service_.refund.got.reason(), "OUT_OF_STOCK");
}

TEST_F(ParticipantsTest, ARefundOfNothingUndoesNothing) {
  const auto undone = std::get<Undone>(Call(Request("payment", true)));
  EXPECT_FALSE(undone.undone);
  EXPECT_EQ(undone.amount, std::nullopt);
}

TEST_F(ParticipantsTest, ARefundThatDoesNotSayHowMuchIsNoAnswer) {
  refund_service_.refund.answer.set_money_moved(true);
  EXPECT_FALSE(std::get<OutcomeUnknown>(Call(Request("payment", true))).retriable);
}

TEST_F(ParticipantsTest, ReserveCarriesAllLines) {
  inventory_service_.reserve.answer.set_outcome(common::v1::OUTCOME_APPLIED);
  inventory_service_.reserve.answer.set_reservation_id("rs-1");
  EXPECT_EQ(std::get<Applied>(Call(Request("inventory"))).evidence, "rs-1");
  const auto& got = inventory_service_.reserve.got;
  ASSERT_EQ(got.lines_size(), 2);
  EXPECT_EQ(got.lines(0).item_id(), "product-001");
  EXPECT_EQ(got.lines(0).quantity(), 2);
  EXPECT_EQ(got.lines(1).item_id(), "product-002");
}

TEST_F(ParticipantsTest, ReleaseSaysWhetherStockCameBack) {
  inventory_service_.release.answer.set_stock_returned(true);
  EXPECT_TRUE(std::get<Undone>(Call(Request("inventory", true))).undone);
  EXPECT_EQ(inventory_service_.release.got.reserve_key(), "s/p/action");
  inventory_service_.release.answer.set_stock_returned(false);
  EXPECT_FALSE(std::get<Undone>(Call(Request("inventory", true))).undone);
}

TEST_F(ParticipantsTest, NotifyTellsHowTheOrderEnded) {
  notification_service_.notify.answer.set_outcome(common::v1::OUTCOME_APPLIED);
  notification_service_.notify.answer.set_message_id("<m@x>");
  CallRequest request = Request("notification");
  request.notice = NoticeKind::kRefunded;
  request.reason = "OUT_OF_STOCK";
  request.message = "Only 1 left.";
  request.refunded = Money{15000};
  request.not_after = absl::InfiniteFuture();
  EXPECT_EQ(std::get<Applied>(Call(std::move(request))).evidence, "<m@x>");
  const auto& got = notification_service_.notify.got;
  EXPECT_EQ(got.kind(), notification::v1::NOTIFICATION_KIND_REFUNDED);
  EXPECT_EQ(got.refunded().amount_minor(), 15000);
  EXPECT_EQ(got.total().amount_minor(), 15000);
  EXPECT_EQ(got.reason(), "OUT_OF_STOCK");
  EXPECT_EQ(got.message(), "Only 1 left.");
  EXPECT_FALSE(got.has_not_after());
}

}  // namespace
}  // namespace ordersaga::orchestrator

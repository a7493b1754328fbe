// The calls of a turn in batches, against a real gRPC service on loopback whose answers a test gives one by one.
#include "orchestrator/adapters/rpc/batch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "orchestrator/adapters/rpc/payment_participant.h"
#include "platform/base/error.h"
#include "platform/base/mailbox.h"
#include "platform/rpc/batch.h"
#include "platform/rpc/replicas.h"

namespace ordersaga::orchestrator {
namespace {

using payment::v1::ChargeBatchRequest;
using payment::v1::ChargeBatchResponse;
using payment::v1::ChargeRequest;
using payment::v1::ChargeResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr absl::Duration kPatience = absl::Seconds(30);

// A charge as it has arrived.
struct Asked {
  std::string key;
  bool in_batch = false;
  std::function<void(const absl::Status&, ChargeResponse)> answer;
};

// Answers nothing by itself.
class SinglePayment : public payment::v1::PaymentService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Charge(grpc::CallbackServerContext* context, const ChargeRequest* request,
                                   ChargeResponse* response) override {
    return rpc::AnswerOne(context, request, response, Post(false));
  }
  Mailbox<Asked> asked;

 protected:
  std::function<void(const ChargeRequest&, absl::Time, std::function<void(const absl::Status&, ChargeResponse)>)> Post(
      bool in_batch) {
    return [this, in_batch](const ChargeRequest& request, absl::Time /*deadline*/, auto answer) {
      asked.Post({request.idempotency_key(), in_batch, std::move(answer)});
    };
  }
};

class BatchingPayment final : public SinglePayment {
 public:
  grpc::ServerWriteReactor<ChargeBatchResponse>* ChargeBatch(grpc::CallbackServerContext* context,
                                                             const ChargeBatchRequest* request) override {
    traces.Post(request->calls().empty() ? "" : request->calls(0).traceparent());
    return rpc::AnswerEach<ChargeResponse, ChargeBatchResponse>(context, request, Post(true));
  }
  Mailbox<std::string> traces;
};

CallRequest RequestFor(const std::string& key, int lines = 1) {
  auto order = std::make_shared<Order>();
  order->id = *Uuid::Parse("018f0000-0000-7003-8000-00000000002a");
  for (int i = 0; i < lines; ++i) order->lines.push_back({std::string(255, 'x'), 1, Money{5000}});
  order->user_email = "ada@example.com";
  order->total = Money{5000};
  order->traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  CallRequest request;
  request.order = std::move(order);
  request.participant = "payment";
  request.key = key;
  request.not_after = absl::InfiniteFuture();
  request.timeout = kPatience;
  return request;
}

class BatchTest : public ::testing::Test {
 protected:
  void Serve(SinglePayment& payment) {
    service_ = &payment;
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_);
    server_ = builder.BuildAndStart();
    replicas_ = std::make_unique<rpc::Replicas>(fmt::format("127.0.0.1:{}", port));
    participant_ = std::make_unique<PaymentParticipant>(*replicas_);
  }
  void TearDown() override {
    if (server_ != nullptr) server_->Shutdown(absl::ToChronoTime(absl::Now()));
  }

  void Send(std::vector<CallRequest> requests) {
    std::vector<ParticipantCall> calls;
    for (CallRequest& request : requests) {
      const std::string key = request.key;
      calls.push_back({std::move(request), [this, key](CallReply reply) { replies_.Post({key, std::move(reply)}); }});
    }
    participant_->Call(std::move(calls));
  }

  // The next `n` charges, by their keys.
  std::map<std::string, Asked> NextAsked(std::size_t n) {
    std::map<std::string, Asked> all;
    while (all.size() < n) {
      auto some = service_->asked.Drain(kPatience);
      if (some.empty()) break;
      for (Asked& one : some) all.emplace(one.key, std::move(one));
    }
    EXPECT_EQ(all.size(), n);
    return all;
  }

  // The next `n` replies, by their keys: none comes twice.
  std::map<std::string, CallReply> NextReplies(std::size_t n) {
    std::map<std::string, CallReply> all;
    while (all.size() < n) {
      auto some = replies_.Drain(kPatience);
      if (some.empty()) break;
      for (auto& [key, reply] : some) EXPECT_TRUE(all.emplace(key, std::move(reply)).second) << key;
    }
    EXPECT_EQ(all.size(), n);
    return all;
  }

  static ChargeResponse Charged(const std::string& id) {
    ChargeResponse response;
    response.set_outcome(common::v1::OUTCOME_APPLIED);
    response.set_charge_id(id);
    return response;
  }
  static std::string ChargeOf(const CallReply& reply) {
    const auto* applied = std::get_if<Applied>(&reply);
    return applied == nullptr ? "none" : applied->evidence;
  }

  BatchingPayment batching_;
  SinglePayment single_;
  SinglePayment* service_ = nullptr;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<rpc::Replicas> replicas_;
  Mailbox<std::pair<std::string, CallReply>> replies_;
  std::unique_ptr<PaymentParticipant> participant_;  // last: its calls end first
};

TEST_F(BatchTest, OneMessageCarriesAllAndEachGetsItsOwnAnswerInAnyOrder) {
  Serve(batching_);
  Send({RequestFor("a"), RequestFor("b"), RequestFor("c")});
  auto asked = NextAsked(3);
  for (const auto& [key, charge] : asked) EXPECT_TRUE(charge.in_batch) << key;
  EXPECT_THAT(batching_.traces.DrainNow(), ElementsAre("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  asked["c"].answer(absl::OkStatus(), Charged("ch-c"));
  asked["b"].answer(TryAgain(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE", "away", absl::Milliseconds(500)),
                    {});
  asked["a"].answer(absl::OkStatus(), Charged("ch-a"));
  const auto replies = NextReplies(3);
  EXPECT_EQ(ChargeOf(replies.at("a")), "ch-a");
  EXPECT_EQ(ChargeOf(replies.at("c")), "ch-c");
  const auto& unknown = std::get<OutcomeUnknown>(replies.at("b"));
  EXPECT_THAT(unknown.error, HasSubstr("DATABASE_UNAVAILABLE: away"));
  EXPECT_TRUE(unknown.retriable);
  EXPECT_EQ(unknown.retry_after, absl::Milliseconds(500));
}

TEST_F(BatchTest, NoAnswerWaitsForAnother) {
  Serve(batching_);
  Send({RequestFor("slow"), RequestFor("quick")});
  auto asked = NextAsked(2);
  asked["quick"].answer(absl::OkStatus(), Charged("ch-quick"));
  EXPECT_EQ(ChargeOf(NextReplies(1).at("quick")), "ch-quick");
  asked["slow"].answer(absl::OkStatus(), Charged("ch-slow"));
  EXPECT_EQ(ChargeOf(NextReplies(1).at("slow")), "ch-slow");
}

TEST_F(BatchTest, ACallAloneAndCompensationsGoByThemselves) {
  Serve(batching_);
  CallRequest refund = RequestFor("refund");
  refund.compensation = true;
  Send({refund, RequestFor("alone")});
  auto asked = NextAsked(1);
  EXPECT_FALSE(asked.at("alone").in_batch);
  asked["alone"].answer(absl::OkStatus(), Charged("ch"));
  const auto replies = NextReplies(2);  // there is no RefundService here
  EXPECT_EQ(ChargeOf(replies.at("alone")), "ch");
  EXPECT_TRUE(std::get<OutcomeUnknown>(replies.at("refund")).retriable);
}

TEST_F(BatchTest, AParticipantThatDoesNotKnowBatchesIsAskedOneByOne) {
  Serve(single_);
  Send({RequestFor("a"), RequestFor("b")});
  auto asked = NextAsked(2);
  for (auto& [key, charge] : asked) {
    EXPECT_FALSE(charge.in_batch);
    charge.answer(absl::OkStatus(), Charged("ch-" + key));
  }
  const auto replies = NextReplies(2);
  EXPECT_EQ(ChargeOf(replies.at("a")), "ch-a");
  EXPECT_EQ(ChargeOf(replies.at("b")), "ch-b");
}

TEST_F(BatchTest, WhenTheParticipantGoesAwayTheRestIsUnknownAndAskedAgain) {
  Serve(batching_);
  Send({RequestFor("a"), RequestFor("b"), RequestFor("c")});
  auto asked = NextAsked(3);
  asked["b"].answer(absl::OkStatus(), Charged("ch-b"));
  EXPECT_EQ(ChargeOf(NextReplies(1).at("b")), "ch-b");
  // Cuts every call, and then waits for the handlers.
  std::thread going([this] { server_->Shutdown(absl::ToChronoTime(absl::Now())); });
  for (const auto& [key, reply] : NextReplies(2)) EXPECT_TRUE(std::get<OutcomeUnknown>(reply).retriable) << key;
  // What comes too late reaches nobody, and harms nobody.
  asked["a"].answer(absl::OkStatus(), Charged("ch-a"));
  asked["c"].answer(absl::OkStatus(), Charged("ch-c"));
  going.join();
  participant_.reset();
  EXPECT_THAT(replies_.DrainNow(), IsEmpty());
}

TEST_F(BatchTest, StopEndsTheCallsUnderWayAndThoseThatComeLater) {
  Serve(batching_);
  Send({RequestFor("a"), RequestFor("b")});
  auto asked = NextAsked(2);
  participant_->Stop();
  EXPECT_EQ(replies_.size(), 2U) << "all are told before it returns";
  for (const auto& [key, reply] : NextReplies(2)) EXPECT_TRUE(std::get<OutcomeUnknown>(reply).retriable) << key;
  Send({RequestFor("late")});
  EXPECT_TRUE(std::get<OutcomeUnknown>(NextReplies(1).at("late")).retriable);
  asked["a"].answer(absl::OkStatus(), Charged("ch-a"));
  asked["b"].answer(absl::OkStatus(), Charged("ch-b"));
  participant_.reset();
  EXPECT_THAT(replies_.DrainNow(), IsEmpty());
}

TEST_F(BatchTest, WhatHasNoAnswerInTimeIsUnknown) {
  Serve(batching_);
  CallRequest a = RequestFor("a"), b = RequestFor("b");
  a.timeout = b.timeout = absl::Milliseconds(300);
  Send({a, b});
  auto asked = NextAsked(2);
  asked["a"].answer(absl::OkStatus(), Charged("ch-a"));
  const auto replies = NextReplies(2);
  EXPECT_EQ(ChargeOf(replies.at("a")), "ch-a");
  EXPECT_THAT(std::get<OutcomeUnknown>(replies.at("b")).error, HasSubstr("DEADLINE_EXCEEDED"));
  asked["b"].answer(absl::OkStatus(), Charged("ch-b"));
}

TEST_F(BatchTest, ABatchOfNothingOrOfTooManyIsRefusedAndSaysWhatItTakes) {
  Serve(batching_);
  const auto stub = replicas_->Stub<payment::v1::PaymentService>();
  for (const int size : {0, rpc::kMaxBatch + 1}) {
    ChargeBatchRequest request;
    for (int i = 0; i < size; ++i) request.add_calls();
    grpc::ClientContext context;
    ChargeBatchResponse response;
    const auto stream = stub->ChargeBatch(&context, request);
    EXPECT_FALSE(stream->Read(&response));
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    const auto violations = ViolationsOf(rpc::FromGrpc(status));
    ASSERT_EQ(violations.size(), 1U);
    EXPECT_EQ(violations[0].field, "calls");
    EXPECT_EQ(violations[0].description, "must have 1 to 256 entries");
  }
  EXPECT_THAT(service_->asked.DrainNow(), IsEmpty());
}

std::vector<std::size_t> SizesOf(const std::vector<CallRequest>& requests) {
  std::vector<ParticipantCall> calls;
  for (const CallRequest& request : requests) calls.push_back({request, nullptr});
  std::vector<std::size_t> sizes;
  for (const auto& batch : Batches(std::move(calls))) sizes.push_back(batch.size());
  return sizes;
}

TEST(BatchesTest, AreCutWhereAMessageWouldBeTooLargeOrCallsDiffer) {
  EXPECT_THAT(SizesOf({}), IsEmpty());
  EXPECT_THAT(SizesOf(std::vector<CallRequest>(50, RequestFor("k"))), ElementsAre(50));
  // 2.3 kB each: 128 kB hold 56.
  EXPECT_THAT(SizesOf(std::vector<CallRequest>(60, RequestFor("k"))), ElementsAre(56, 4));
  EXPECT_THAT(SizesOf(std::vector<CallRequest>(9, RequestFor("k", 100))), ElementsAre(4, 4, 1));
  CallRequest refund = RequestFor("r");
  refund.compensation = true;
  CallRequest hurried = RequestFor("h");
  hurried.timeout = absl::Seconds(1);
  EXPECT_THAT(SizesOf({refund, refund, RequestFor("k"), RequestFor("k"), hurried}), ElementsAre(2, 2, 1));
}

TEST(WaitingTest, EachIsAnsweredOnceWhateverTheParticipantSays) {
  std::vector<std::string> heard;
  std::vector<ParticipantCall> calls;
  for (const char* key : {"a", "b"}) {
    calls.push_back({RequestFor(key), [&heard, key](const CallReply& /*reply*/) { heard.emplace_back(key); }});
  }
  Waiting waiting(std::move(calls));
  for (const int index : {1, 1, -1, 2, 1'000'000}) waiting.Answer(index, Applied{});
  EXPECT_THAT(heard, ElementsAre("b"));
  const auto rest = waiting.TakeRest();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].request.key, "a");
  waiting.Answer(0, Applied{});
  EXPECT_THAT(waiting.TakeRest(), IsEmpty());
  EXPECT_THAT(heard, ElementsAre("b"));
}

}  // namespace
}  // namespace ordersaga::orchestrator

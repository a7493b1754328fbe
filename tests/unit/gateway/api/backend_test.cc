// A call of the gateway and its repeats: how long an attempt may take, whom the next one goes to, and when it is over.
#include "gateway/api/backend.h"

#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "ordersaga/order/v1/order.grpc.pb.h"
#include "platform/rpc/server.h"
#include "policy/rules.h"
#include "tests/unit/platform/rpc/await.h"

namespace ordersaga::gateway {
namespace {

using order::v1::OrderService;
using order::v1::PlaceOrderRequest;
using order::v1::PlaceOrderResponse;

const absl::Status kAway = MakeError(absl::StatusCode::kUnavailable, "SHARD_NOT_OWNED", "nobody owns it");
const absl::Status kNoDatabase = MakeError(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE", "no database");
const absl::Status kSilence = absl::DeadlineExceededError("no answer");

rpc::Choice Next(rpc::Health health, bool asked, bool another = false) {
  return {nullptr, {health, false, asked}, another};
}

TEST(AttemptTest, GetsAThirdWhileSomebodyElseCouldBeAsked) {
  const auto well = rpc::Health::kWell;
  EXPECT_EQ(Attempt::Time(Next(well, false, true), absl::Seconds(10), absl::Seconds(9)), absl::Seconds(3));
  EXPECT_EQ(Attempt::Time(Next(well, false, true), absl::Seconds(2), absl::Seconds(9)), absl::Seconds(2));
  EXPECT_EQ(Attempt::Time(Next(well, false, false), absl::Seconds(8), absl::Seconds(9)), absl::Seconds(8));
}

TEST(AttemptTest, IsRepeatedAsLongAsTheTroubleMayPass) {
  for (const rpc::Health health : {rpc::Health::kWell, rpc::Health::kUnable, rpc::Health::kAway}) {
    EXPECT_TRUE(Attempt::Again(kAway, Next(health, true)));
    EXPECT_TRUE(Attempt::Again(kSilence, Next(health, true)));
    EXPECT_EQ(Attempt::Again(kNoDatabase, Next(health, true)), health == rpc::Health::kWell);
    EXPECT_FALSE(Attempt::Again(absl::ResourceExhaustedError("full"), Next(health, false)));
    EXPECT_TRUE(Attempt::Again(absl::CancelledError("CANCELLED"), Next(health, true))) << "by a server that stops";
    EXPECT_FALSE(Attempt::Again(MakeError(absl::StatusCode::kCancelled, "TOLD", "why"), Next(health, true)));
    EXPECT_FALSE(Attempt::Again(absl::InternalError("a defect"), Next(health, true)));
    EXPECT_FALSE(Attempt::Again(absl::NotFoundError("no such order"), Next(health, false)));
  }
}

TEST(AttemptTest, WaitsOnlyForThoseWhoHaveBeenAsked) {
  const absl::Status later = TryAgain(absl::StatusCode::kUnavailable, "TRY_AGAIN", "", absl::Seconds(1));
  EXPECT_EQ(Attempt::Wait(later, Next(rpc::Health::kWell, false), 1, 0.5), absl::ZeroDuration());
  EXPECT_EQ(Attempt::Wait(kSilence, Next(rpc::Health::kWell, false), 1, 0.5), absl::ZeroDuration());
  EXPECT_GT(Attempt::Wait(kSilence, Next(rpc::Health::kWell, true), 1, 0.5), absl::ZeroDuration());
  EXPECT_EQ(Attempt::Wait(later, Next(rpc::Health::kWell, true), 1, 0.5), absl::Seconds(1));
  EXPECT_GT(Attempt::Wait(kAway, Next(rpc::Health::kAway, false), 1, 0.5), absl::ZeroDuration());
}

const access::Policy& Rules() {
  static const access::Policy policy(policy::Rules());
  return policy;
}

// An orchestrator: answers, refuses with `error`, or is silent.
class Orchestrator final {
 public:
  Orchestrator() { EXPECT_TRUE(server_.Start().ok()); }
  ~Orchestrator() {
    if (!go_on.HasBeenNotified()) go_on.Notify();
    server_.Stop();
    for (std::thread& thread : silent_calls_) thread.join();
  }

  void AddTo(rpc::Served<OrderService>& served) { served.Add("PlaceOrder", this, &Orchestrator::PlaceOrder); }
  grpc::ServerUnaryReactor* PlaceOrder(grpc::CallbackServerContext* context, const PlaceOrderRequest* request,
                                       PlaceOrderResponse* /*response*/) {
    absl::MutexLock lock(&mu);
    keys.push_back(request->idempotency_key());
    if (!silent) return rpc::Answer(context, error);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    silent_calls_.emplace_back([this, reactor] {
      go_on.WaitForNotification();
      rpc::Finish(reactor, absl::OkStatus());
    });
    return reactor;
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_.port()); }
  std::size_t calls() {
    absl::MutexLock lock(&mu);
    return keys.size();
  }
  void Refuse(const absl::Status& with) {
    absl::MutexLock lock(&mu);
    error = with;
  }

  std::atomic<bool> silent{false};
  std::atomic<bool> ready{true};
  absl::Notification go_on;
  absl::Mutex mu;
  std::vector<std::string> keys;
  absl::Status error;

 private:
  std::vector<std::thread> silent_calls_;
  const rpc::Guard guard_{Rules()};
  rpc::Served<OrderService> served_{guard_, *this};
  rpc::RpcServer server_{{.address = "127.0.0.1:0", .ready = [this] { return ready.load(); }}, {&served_}};
};

class BackendTest : public ::testing::Test {
 protected:
  BackendTest() { (void)timers.Start(); }

  // Places an order through `addresses`.
  absl::Status Place(const rpc::Replicas& replicas) {
    Backend<OrderService> backend("orders", replicas, {timers, clock, rng, kPatience});
    PlaceOrderRequest request;
    request.set_idempotency_key("key");
    absl::Status status;
    absl::Notification done;
    const absl::Duration began = clock.Monotonic();
    backend.Call(&rpc::AsyncOf<OrderService::Stub>::PlaceOrder, request, {},
                 [&](const absl::StatusOr<PlaceOrderResponse>& response) {
                   status = response.status();
                   done.Notify();
                 });
    done.WaitForNotification();
    took = clock.Monotonic() - began;
    return status;
  }

  static constexpr absl::Duration kPatience = absl::Seconds(3);
  SystemClock clock;
  SystemRng rng;
  TimerThread timers{clock};
  absl::Duration took;
};

// Both are asked first by one of two requests.
TEST_F(BackendTest, ASilentReplicaCostsAThirdOfTheTimeAndTheOtherIsAskedWithTheSameKey) {
  Orchestrator silent;
  Orchestrator other;
  silent.silent = true;
  const rpc::Replicas replicas(silent.address() + "," + other.address());
  for (int i = 0; i < 50 && silent.calls() == 0; ++i) {
    rpc::Await([&] { return replicas.Pick().another; }, "both well");
    EXPECT_TRUE(Place(replicas).ok());
    EXPECT_LT(took, kPatience * 2 / 3);
  }
  ASSERT_EQ(silent.calls(), 1U);
  EXPECT_GE(took, kPatience / 3);
  EXPECT_EQ(silent.keys[0], "key");
  EXPECT_EQ(other.keys.back(), "key");
}

TEST_F(BackendTest, ASlowAnswerOfTheOnlyReplicaIsWaitedFor) {
  Orchestrator only;
  only.silent = true;
  const rpc::Replicas replicas(only.address());
  const absl::Duration begun = clock.Monotonic();  // before the timer's own beginning
  timers.After(kPatience / 2, [&] { only.go_on.Notify(); });
  EXPECT_TRUE(Place(replicas).ok());
  EXPECT_EQ(only.calls(), 1U);
  EXPECT_GE(clock.Monotonic() - begun, kPatience / 2);
}

TEST_F(BackendTest, ADatabaseThatIsAwayForLongIsSaidAtOnce) {
  Orchestrator one;
  one.Refuse(kNoDatabase);
  one.ready = false;
  const rpc::Replicas replicas(one.address());
  rpc::Await([&] { return replicas.Pick().standing.health == rpc::Health::kUnable; }, "it to say so");
  EXPECT_EQ(ReasonOf(Place(replicas)), "DATABASE_UNAVAILABLE");
  EXPECT_LT(took, kPatience / 3);
  EXPECT_EQ(one.calls(), 1U);
}

TEST_F(BackendTest, ADatabaseThatIsAwayForAMomentIsWaitedFor) {
  Orchestrator one;
  one.Refuse(kNoDatabase);
  const rpc::Replicas replicas(one.address());
  replicas.AwaitWell(absl::Seconds(5));
  timers.After(kPatience / 3, [&] { one.Refuse(absl::OkStatus()); });
  EXPECT_TRUE(Place(replicas).ok());
  EXPECT_GE(took, kPatience / 3);
  EXPECT_GT(one.calls(), 1U);
}

TEST_F(BackendTest, OneWithoutADatabaseIsNotTheLastWordIfAnotherIsWell) {
  Orchestrator without;
  Orchestrator other;
  without.Refuse(kNoDatabase);
  const rpc::Replicas replicas(without.address() + "," + other.address());
  for (int i = 0; i < 50 && without.calls() == 0; ++i) {
    rpc::Await([&] { return replicas.Pick().another; }, "both well");
    EXPECT_TRUE(Place(replicas).ok());
  }
  EXPECT_GT(without.calls(), 0U);
  EXPECT_LT(took, kPatience / 3) << "who has not been asked is asked at once";
}

}  // namespace
}  // namespace ordersaga::gateway

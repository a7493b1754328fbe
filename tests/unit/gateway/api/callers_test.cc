// Who a request is from, asked of a real gRPC service that knows some keys.
#include "gateway/api/callers.h"

#include <gtest/gtest.h>

#include "platform/rpc/server.h"
#include "platform/runtime/timer_thread.h"
#include "policy/rules.h"

namespace ordersaga::gateway {
namespace {

using identity::v1::IdentityService;
using identity::v1::WhoAmIRequest;
using identity::v1::WhoAmIResponse;

class HandClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + elapsed; }
  absl::Duration Monotonic() const override { return elapsed; }
  absl::Duration elapsed = absl::Hours(1);
};

std::string Key(char digit) {
  return "osk_" + std::string(12, digit) + "_" + std::string(64, digit);
}

// Key(a) is acme's and may read, Key(b) is nobody's.
class Identities final {
 public:
  Identities() { EXPECT_TRUE(server_.Start().ok()); }
  ~Identities() { server_.Stop(); }

  void AddTo(rpc::Served<IdentityService>& served) { served.Add("WhoAmI", this, &Identities::WhoAmI); }
  grpc::ServerUnaryReactor* WhoAmI(grpc::CallbackServerContext* context, const WhoAmIRequest* /*request*/,
                                   WhoAmIResponse* response) {
    ++asked;
    const auto& metadata = context->client_metadata();
    const auto key = metadata.find("authorization");
    if (away) return rpc::Answer(context, absl::UnavailableError("away"));
    if (key == metadata.end() || key->second != "Bearer " + Key('a')) {
      return rpc::Answer(context, MakeError(absl::StatusCode::kUnauthenticated, "UNAUTHENTICATED", "nobody's"));
    }
    response->set_kind("key");
    response->set_name(std::string(12, 'a'));
    response->set_client("acme");
    response->add_scopes("orders:read");
    return rpc::Answer(context, absl::OkStatus());
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_.port()); }

  std::atomic<int> asked{0};
  std::atomic<bool> away{false};

 private:
  const access::Policy policy_{policy::Rules()};
  rpc::Guard guard_{policy_};
  rpc::Served<IdentityService> served_{guard_, *this};
  rpc::RpcServer server_{{.address = "127.0.0.1:0"}, {&served_}};
};

class CallersTest : public ::testing::Test {
 protected:
  CallersTest() { EXPECT_TRUE(timers.Start().ok()); }
  ~CallersTest() override { timers.Stop(); }

  // What the route answers to who sends this; its handler answers 200 and the caller.
  http::Response Ask(const http::Handler& guarded, const std::string& authorization) {
    const auto request = std::make_shared<http::Request>();
    if (!authorization.empty()) request->headers["authorization"] = authorization;
    absl::Mutex mu;
    std::optional<http::Response> response;
    guarded(*request, [&, request](http::Response got) {
      absl::MutexLock lock(&mu);
      response = std::move(got);
    });
    absl::MutexLock lock(&mu);
    const auto there = [&] { return response.has_value(); };
    mu.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(20));
    return response.value_or(http::Response());
  }
  http::Response Ask(const std::string& route, const std::string& authorization) {
    return Ask(callers.Guard(route, SayWhoCalls), authorization);
  }
  static void SayWhoCalls(const http::Request& request, const http::Respond& respond) {
    respond({200, "text/plain", request.caller, {}});
  }

  HandClock clock;
  SystemClock wall;
  SystemRng rng;
  TimerThread timers{wall};
  Identities service;
  rpc::Replicas replicas{service.address()};
  Callers::Identities identities{"the orchestrator", replicas, {timers, wall, rng, absl::Seconds(2)}};
  Callers callers{policy::Routes(), {"GET /api/v1/orders"}, &identities, 0, clock};
};

const std::string kRead = "GET /api/v1/orders/{order_id}";

TEST_F(CallersTest, AKeyIsAskedForOnceInTenSeconds) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Ask(kRead, "Bearer " + Key('a')).body, "key aaaaaaaaaaaa of acme");
  EXPECT_EQ(service.asked, 1);
  clock.elapsed += absl::Seconds(11);
  EXPECT_EQ(Ask(kRead, "Bearer " + Key('a')).status, 200);
  EXPECT_EQ(service.asked, 2);
}

TEST_F(CallersTest, AKeyThatIsNobodysIsAskedForOnceASecond) {
  for (int i = 0; i < 3; ++i) {
    const http::Response refused = Ask(kRead, "Bearer " + Key('b'));
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(refused.headers.back(), std::make_pair(std::string("WWW-Authenticate"), std::string("Bearer")));
  }
  EXPECT_EQ(service.asked, 1);
  clock.elapsed += absl::Seconds(2);
  EXPECT_EQ(Ask(kRead, "Bearer " + Key('b')).status, 401);
  EXPECT_EQ(service.asked, 2);
}

TEST_F(CallersTest, WhatIsNoKeyIsNotAskedFor) {
  for (const char* header : {"Bearer osk_x", "Basic YTpi", "Bearer", "osk_"}) {
    EXPECT_EQ(Ask(kRead, header).status, 401) << header;
  }
  EXPECT_EQ(Ask(kRead, "").status, 401);
  EXPECT_EQ(service.asked, 0);
}

TEST_F(CallersTest, WhileNobodyCanBeAskedNothingIsRemembered) {
  service.away = true;
  EXPECT_EQ(Ask(kRead, "Bearer " + Key('a')).status, 503);
  service.away = false;
  EXPECT_EQ(Ask(kRead, "Bearer " + Key('a')).status, 200);
}

TEST_F(CallersTest, AScopeThatIsMissingIsNamed) {
  const http::Response refused = Ask("POST /api/v1/orders", "Bearer " + Key('a'));
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("orders:write"), std::string::npos) << refused.body;
}

TEST_F(CallersTest, AnOpenRouteNeedsNoKeyButTakesNoBadOne) {
  EXPECT_EQ(Ask("GET /api/v1/orders", "").body, "anonymous");
  EXPECT_EQ(Ask("GET /api/v1/orders", "Bearer " + Key('a')).body, "key aaaaaaaaaaaa of acme");
  EXPECT_EQ(Ask("GET /api/v1/orders", "Bearer " + Key('b')).status, 401);
}

TEST_F(CallersTest, WithoutIdentitiesEverybodyIsLocal) {
  Callers open(policy::Routes(), {}, nullptr, 0, clock);
  EXPECT_EQ(Ask(open.Guard(kRead, SayWhoCalls), "").body, "local");
}

TEST_F(CallersTest, ARouteWithoutARuleAndAnOpenOneThatThereIsNotAreFoundAtStart) {
  Callers with_stranger(policy::Routes(), {}, &identities, 0, clock);
  with_stranger.Guard("GET /secret", SayWhoCalls);
  EXPECT_EQ(ReasonOf(with_stranger.Check()), "NO_RULE");
  Callers misspelt(policy::Routes(), {"GET /orders"}, &identities, 0, clock);
  misspelt.Guard(kRead, SayWhoCalls);
  EXPECT_EQ(misspelt.Check().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace ordersaga::gateway

// The routes against services that answer what the test wants: what goes out with a call, what is asked again, what a
// client hears of a stream that breaks.
#include <gmock/gmock.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "gateway/api/order_watches.h"
#include "gateway/api/routes.h"
#include "platform/rpc/replicas.h"

namespace ordersaga::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Answers what is queued; then that it is away.
class FakeOrders final : public order::v1::OrderService::Service {
 public:
  grpc::Status PlaceOrder(grpc::ServerContext* context, const order::v1::PlaceOrderRequest* request,
                          order::v1::PlaceOrderResponse* response) override {
    absl::MutexLock lock(&mu);
    keys.push_back(request->idempotency_key());
    metadata.clear();
    for (const auto& [name, value] : context->client_metadata()) {
      metadata.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }
    if (failures-- > 0) return {grpc::StatusCode::UNAVAILABLE, "away"};
    response->set_order_id("01234567-0000-7000-8000-000000000001");
    return grpc::Status::OK;
  }

  // One entry per call, then it breaks off; the order with the third.
  grpc::Status WatchOrder(grpc::ServerContext* context, const order::v1::WatchOrderRequest* request,
                          grpc::ServerWriter<order::v1::WatchOrderResponse>* writer) override {
    order::v1::WatchOrderResponse response;
    response.add_journal()->set_sequence(request->after_sequence() + 1);
    const bool ended = request->after_sequence() == 2;
    if (ended) response.mutable_order()->set_status(order::v1::ORDER_STATUS_COMPLETED);
    bool silence = false;
    {
      absl::MutexLock lock(&mu);
      positions.push_back(request->after_sequence());
      silence = silent;
    }
    if (silence) {
      while (!context->IsCancelled()) std::this_thread::yield();
      left.Notify();
      return grpc::Status::CANCELLED;
    }
    writer->Write(response);
    return ended ? grpc::Status::OK : grpc::Status(grpc::StatusCode::UNAVAILABLE, "stops");
  }

  // The test's own thread says it: through gRPC, which orders the two, the sanitizer does not see.
  void Fail(int calls) {
    absl::MutexLock lock(&mu);
    failures = calls;
  }
  void BeSilent() {
    absl::MutexLock lock(&mu);
    silent = true;
  }

  absl::Mutex mu;
  int failures = 0;
  bool silent = false;      // watches get nothing,
  absl::Notification left;  // and this one has been broken off
  std::vector<std::string> keys;
  std::vector<std::int64_t> positions;
  std::map<std::string, std::string> metadata;
};

class RoutesTest : public ::testing::Test {
 protected:
  RoutesTest() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    server = builder.BuildAndStart();
    replicas = std::make_unique<rpc::Replicas>("127.0.0.1:" + std::to_string(port));
    (void)timers.Start();
    orders = std::make_unique<Backend<order::v1::OrderService>>("orders", *replicas, backend);
    sagas = std::make_unique<Backend<saga::v1::SagaAdminService>>("sagas", *replicas, backend);
    events = std::make_unique<Backend<event::v1::EventService>>("events", *replicas, backend);
    payments = std::make_unique<Backend<payment::v1::PaymentService>>("payments", *replicas, backend);
    inventory = std::make_unique<Backend<inventory::v1::InventoryService>>("inventory", *replicas, backend);
    watches = std::make_unique<OrderWatches>(*orders);
    tools = std::make_unique<RouteTools>(RouteTools{
        *orders, *sagas, *events, *payments, *inventory, *watches, clock, rng, {}, absl::Seconds(5), absl::Seconds(5)});
    AddOrderRoutes(router, *tools);
    AddEventRoute(router, *tools);
    AddProductRoutes(router, *tools);
  }
  ~RoutesTest() override { server->Shutdown(); }

  http::Response Call(const std::string& method, const std::string& path, const std::string& body,
                      std::map<std::string, std::string> headers = {}) {
    const auto request = std::make_shared<http::Request>();
    request->method = method;
    request->path = path;
    request->body = body;
    request->headers = std::move(headers);
    request->request_id = "id-1";
    request->departure = departure;
    const http::Router::Match match = router.Find(method, path);
    request->params = match.params;
    absl::Mutex mu;
    std::optional<http::Response> response;
    (*match.handler)(*request, [&, request](http::Response got) {
      absl::MutexLock lock(&mu);
      response = std::move(got);
    });
    absl::MutexLock lock(&mu);
    const auto there = [&] { return response.has_value(); };
    mu.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(20));
    return response.value_or(http::Response{});
  }

  // The client goes once a watch has begun.
  std::thread Leaving() {
    return std::thread([this] {
      {
        absl::MutexLock lock(&service.mu);
        const auto watching = [this] { return !service.positions.empty(); };
        service.mu.AwaitWithTimeout(absl::Condition(&watching), absl::Seconds(10));
      }
      departure->Happen();
    });
  }

  SystemClock clock;
  SystemRng rng;
  std::shared_ptr<http::Departure> departure = std::make_shared<http::Departure>();
  TimerThread timers{clock};
  BackendTools backend{timers, clock, rng, absl::Seconds(2)};
  FakeOrders service;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<rpc::Replicas> replicas;
  std::unique_ptr<Backend<order::v1::OrderService>> orders;
  std::unique_ptr<Backend<saga::v1::SagaAdminService>> sagas;
  std::unique_ptr<Backend<event::v1::EventService>> events;
  std::unique_ptr<Backend<payment::v1::PaymentService>> payments;
  std::unique_ptr<Backend<inventory::v1::InventoryService>> inventory;
  std::unique_ptr<OrderWatches> watches;
  std::unique_ptr<RouteTools> tools;
  http::Router router;
};

constexpr char kOrder[] = R"({"item_id":"a","quantity":1,"user_email":"a@b.co"})";
constexpr char kId[] = "01234567-0000-7000-8000-000000000001";

TEST_F(RoutesTest, IdsAndTracesGoOutWithTheCall) {
  const auto response =
      Call("POST", "/api/v1/orders", kOrder,
           {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, {"tracestate", "vendor=1"}});
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(service.metadata.at("x-request-id"), "id-1");
  EXPECT_THAT(service.metadata.at("traceparent"), HasSubstr("0af7651916cd43dd8448eb211c80319c"));
  EXPECT_EQ(service.metadata.at("tracestate"), "vendor=1");
}

TEST_F(RoutesTest, AServiceThatIsAwayIsAskedAgainWithTheSameKey) {
  service.Fail(2);
  EXPECT_EQ(Call("POST", "/api/v1/orders", kOrder).status, 202);
  ASSERT_EQ(service.keys.size(), 3U);
  EXPECT_NE(service.keys[0], "");
  EXPECT_EQ(service.keys[0], service.keys[1]);
  EXPECT_EQ(service.keys[0], service.keys[2]);
  EXPECT_EQ(Call("POST", "/api/v1/orders", kOrder).status, 202);
  EXPECT_NE(service.keys[3], service.keys[0]) << "another request is another order";
}

TEST_F(RoutesTest, PatienceEnds) {
  service.Fail(1000);
  const auto response = Call("POST", "/api/v1/orders", kOrder);
  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, HasSubstr("UNAVAILABLE"));
}

TEST_F(RoutesTest, AServiceThatDoesNotKnowTheCallIsAFailure) {
  EXPECT_EQ(Call("GET", "/api/v1/products", "").status, 502);
}

TEST_F(RoutesTest, AStreamThatBreaksIsGoneOnWith) {
  const auto response = Call("GET", std::string("/api/v1/orders/") + kId + "/events", "");
  ASSERT_NE(response.stream, nullptr);
  absl::Mutex mu;
  std::string text;
  bool last = false;
  response.stream->OnReady([&] {
    absl::MutexLock lock(&mu);
    const auto piece = response.stream->Take();
    text += piece.text;
    last = last || piece.last;
  });
  {
    absl::MutexLock lock(&mu);
    const auto piece = response.stream->Take();
    text = piece.text + text;
    last = last || piece.last;
    mu.AwaitWithTimeout(absl::Condition(&last), absl::Seconds(20));
  }
  EXPECT_THAT(service.positions, ElementsAre(0, 1, 2));
  const std::size_t first = text.find("id: 1\nevent: journal");
  const std::size_t second = text.find("id: 2\nevent: journal");
  const std::size_t outcome = text.find("id: 3\nevent: outcome");
  EXPECT_LT(first, second);
  EXPECT_LT(second, outcome);
  EXPECT_NE(outcome, std::string::npos) << text;
  response.stream->End();
}

TEST_F(RoutesTest, AListenerThatLeavesEndsTheWatch) {
  const auto response = Call("GET", std::string("/api/v1/orders/") + kId + "/events", "");
  ASSERT_NE(response.stream, nullptr);
  response.stream->End();
  watches = nullptr;  // waits for its calls
}

TEST_F(RoutesTest, WaitsEndWhenTheProcessDrains) {
  watches->Drain();
  const auto response = Call("POST", "/api/v1/orders", kOrder, {{"prefer", "wait=60"}});
  EXPECT_EQ(response.status, 202);
}

TEST_F(RoutesTest, AWaitEndsWhenItsClientGoes) {
  service.BeSilent();
  tools->longest_wait = absl::Minutes(1);
  std::thread leaving = Leaving();
  EXPECT_EQ(Call("POST", "/api/v1/orders", kOrder, {{"prefer", "wait=60"}}).status, 202);
  EXPECT_TRUE(service.left.WaitForNotificationWithTimeout(absl::Seconds(10)));
  leaving.join();
}

TEST_F(RoutesTest, AWatchEndsWhenItsClientGoesBeforeTheFirstEvent) {
  service.BeSilent();
  std::thread leaving = Leaving();
  const std::string path = std::string("/api/v1/orders/") + kId + "/events";
  http::Request request;
  request.departure = departure;
  const http::Router::Match match = router.Find("GET", path);
  request.params = match.params;
  const auto dropped = std::make_shared<absl::Notification>();
  {
    const auto keeper = std::shared_ptr<void>(nullptr, [dropped](void*) { dropped->Notify(); });
    (*match.handler)(request, [keeper](const http::Response&) {});
  }
  EXPECT_TRUE(service.left.WaitForNotificationWithTimeout(absl::Seconds(10)));
  EXPECT_TRUE(dropped->WaitForNotificationWithTimeout(absl::Seconds(10))) << "nobody keeps the request";
  leaving.join();
}

TEST_F(RoutesTest, AWaitAnswersWithTheOrder) {
  const auto response = Call("POST", "/api/v1/orders", kOrder, {{"prefer", "wait=60"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("COMPLETED"));
}

}  // namespace
}  // namespace ordersaga::gateway

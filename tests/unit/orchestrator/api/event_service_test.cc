// EventService over real gRPC: pages, resumption, errors in the middle, and releases that go through the engine.
#include "orchestrator/api/event_service.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <thread>

#include "platform/rpc/channel.h"
#include "platform/rpc/identity.h"
#include "platform/rpc/server.h"
#include "platform/rpc/status.h"
#include "policy/rules.h"
#include "tests/unit/orchestrator/engine/engine_fixture.h"

namespace ordersaga::orchestrator {
namespace {

using event::v1::EventService;

Uuid OrderNumber(int number) {
  return *Uuid::Parse(fmt::format("018f0000-0000-7000-8000-{:012x}", number));
}

// So many stored events: three for each order, all in one shard.
class CountingReader final : public EventReader {
 public:
  void List(EventFilter filter, EventPlace after, int limit,
            std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)> done) override {
    {
      absl::MutexLock lock(&mu_);
      last_filter_ = filter;
    }
    if (after.position >= fail_after) return done(absl::UnavailableError("gone"));
    std::vector<OutboxEvent> page;
    for (std::int64_t position = after.position + 1; position <= stored; ++position) {
      OutboxEvent event;
      event.position = position;
      event.order_id = OrderNumber(static_cast<int>((position - 1) / 3));
      event.sequence = (position - 1) % 3 + 1;
      event.routing_key = "payment.failed";
      event.body = "{}";
      event.at = absl::FromUnixSeconds(1'700'000'000);
      if (filter.order.has_value() && *filter.order != event.order_id) continue;
      page.push_back(std::move(event));
      if (static_cast<int>(page.size()) == limit) break;
    }
    done(std::move(page));
  }
  void ListHeld(EventPlace after, int /*limit*/,
                std::function<void(absl::StatusOr<std::vector<HeldEvent>>)> done) override {
    std::vector<HeldEvent> page;
    if (after.position == 0) page.push_back({{}, "UNROUTABLE", absl::FromUnixSeconds(1)});
    done(std::move(page));
  }
  EventFilter last_filter() {
    absl::MutexLock lock(&mu_);
    return last_filter_;
  }

  // Set by the test between two calls; List runs on a thread of the server.
  std::atomic<std::int64_t> stored{0};
  std::atomic<std::int64_t> fail_after{1'000'000};

 private:
  absl::Mutex mu_;
  EventFilter last_filter_ ABSL_GUARDED_BY(mu_);
};

class EventServiceTest : public EngineTest {
 protected:
  EventServiceTest() {
    Start(Options());
    forwarder_ = std::make_unique<Forwarder>(engine->owners(), "here", rpc::ChannelOptions());
    service_ = std::make_unique<EventServiceImpl>(definitions, *engine, *forwarder_, reader_);
    served_ = std::make_unique<rpc::Served<EventService>>(identity_.guard(), *service_);
    server_ = std::make_unique<rpc::RpcServer>(rpc::RpcServerOptions{.address = "127.0.0.1:0"},
                                               std::vector<rpc::ServedService*>{served_.get()});
    EXPECT_TRUE(server_->Start().ok());
    stub_ = EventService::NewStub(rpc::MakeChannel(fmt::format("127.0.0.1:{}", server_->port())));
  }

  grpc::Status List(const event::v1::ListEventsRequest& request) {
    grpc::ClientContext context;
    const auto stream = stub_->ListEvents(&context, request);
    event::v1::ListEventsResponse page;
    while (stream->Read(&page)) got_.insert(got_.end(), page.events().begin(), page.events().end());
    return stream->Finish();
  }

  CountingReader reader_;
  std::unique_ptr<Forwarder> forwarder_;
  std::unique_ptr<EventServiceImpl> service_;
  const rpc::Identity identity_{"orchestrator", "", policy::Rules()};
  std::unique_ptr<rpc::Served<EventService>> served_;
  std::unique_ptr<rpc::RpcServer> server_;
  std::unique_ptr<EventService::Stub> stub_;
  std::vector<event::v1::StoredEvent> got_;
};

TEST_F(EventServiceTest, ManyEventsComeInPagesWithoutAHoleOrARepeat) {
  for (const int stored : {0, 1, 499, 500, 501, 1000, 1234}) {
    reader_.stored = stored;
    got_.clear();
    ASSERT_TRUE(List({}).ok());
    ASSERT_EQ(got_.size(), static_cast<std::size_t>(stored));
    for (std::size_t i = 0; i < got_.size(); ++i) ASSERT_EQ(got_[i].position(), static_cast<std::int64_t>(i) + 1);
  }
}

TEST_F(EventServiceTest, AnEventCarriesWhatItsMessageWouldHave) {
  reader_.stored = 1;
  ASSERT_TRUE(List({}).ok());
  EXPECT_EQ(got_[0].exchange(), "payments");
  EXPECT_EQ(got_[0].routing_key(), "payment.failed");
  EXPECT_EQ(got_[0].order_id(), OrderNumber(0).ToString());
  EXPECT_EQ(got_[0].message_id().size(), 36U);
  EXPECT_EQ(got_[0].at().seconds(), 1'700'000'000);
}

TEST_F(EventServiceTest, AStreamThatBrokeIsResumedAfterItsLastEvent) {
  reader_.stored = 1200;
  reader_.fail_after = 500;
  EXPECT_EQ(List({}).error_code(), grpc::StatusCode::UNAVAILABLE);
  ASSERT_EQ(got_.size(), 500U);
  reader_.fail_after = 1'000'000;
  event::v1::ListEventsRequest request;
  request.set_after_shard(got_.back().shard());
  request.set_after_position(got_.back().position());
  ASSERT_TRUE(List(request).ok());
  ASSERT_EQ(got_.size(), 1200U);
  EXPECT_EQ(got_.back().position(), 1200);
}

TEST_F(EventServiceTest, FiltersAreHandedOnOrRefused) {
  reader_.stored = 9;
  event::v1::ListEventsRequest request;
  request.set_order_id(OrderNumber(1).ToString());
  request.mutable_since()->set_seconds(10);
  request.mutable_until()->set_seconds(20);
  ASSERT_TRUE(List(request).ok());
  EXPECT_EQ(got_.size(), 3U);
  EXPECT_EQ(reader_.last_filter().since, absl::FromUnixSeconds(10));
  EXPECT_EQ(reader_.last_filter().until, absl::FromUnixSeconds(20));
  request.mutable_since()->set_seconds(30);
  EXPECT_EQ(List(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(EventServiceTest, HeldEventsComeWithTheirReason) {
  grpc::ClientContext context;
  const auto stream = stub_->ListHeldEvents(&context, {});
  event::v1::ListHeldEventsResponse page;
  ASSERT_TRUE(stream->Read(&page));
  EXPECT_EQ(page.events(0).reason(), "UNROUTABLE");
  EXPECT_FALSE(stream->Read(&page));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(EventServiceTest, AReleaseOfNothingIsNotFound) {
  event::v1::ReleaseEventsRequest request;
  request.set_order_id(OrderNumber(1).ToString());
  std::atomic<bool> answered = false;
  grpc::Status status;
  std::thread caller([&] {
    grpc::ClientContext context;
    event::v1::ReleaseEventsResponse response;
    status = stub_->ReleaseEvents(&context, request, &response);
    answered = true;
  });
  while (!answered) engine->Step(engine->mailbox().Drain(absl::Milliseconds(5)));
  caller.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace ordersaga::orchestrator

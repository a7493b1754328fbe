// `sagactl events ...` as its users meet it, against a gRPC service on loopback that answers what a test tells it. What
// needs a broker is tested with one: tests/e2e/test_events.py.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <sstream>

#include "ordersaga/event/v1/event.grpc.pb.h"
#include "platform/base/error.h"
#include "platform/rpc/status.h"
#include "sagactl/render.h"
#include "sagactl/sagactl.h"

namespace ordersaga::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kOrderId[] = "018f0000-0000-7003-8000-00000000002a";

event::v1::HeldEvent Held(std::int64_t sequence, const std::string& reason) {
  event::v1::HeldEvent held;
  held.mutable_event()->set_order_id(kOrderId);
  held.mutable_event()->set_sequence(sequence);
  held.mutable_event()->set_routing_key("order.created");
  held.mutable_event()->set_message_id("m");
  held.set_reason(reason);
  held.mutable_held_at()->set_seconds(1714564800);
  return held;
}

class FakeEvents final : public event::v1::EventService::Service {
 public:
  grpc::Status ListHeldEvents(grpc::ServerContext*, const event::v1::ListHeldEventsRequest*,
                              grpc::ServerWriter<event::v1::ListHeldEventsResponse>* writer) override {
    for (const event::v1::HeldEvent& event : held) {  // a page each
      event::v1::ListHeldEventsResponse page;
      *page.add_events() = event;
      writer->Write(page);
    }
    return status;
  }
  grpc::Status ReleaseEvents(grpc::ServerContext*, const event::v1::ReleaseEventsRequest* request,
                             event::v1::ReleaseEventsResponse*) override {
    released = *request;
    return status;
  }

  std::vector<event::v1::HeldEvent> held;
  event::v1::ReleaseEventsRequest released;
  grpc::Status status;
};

class SagactlEventsTest : public ::testing::Test {
 protected:
  SagactlEventsTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&events_);
    server_ = builder.BuildAndStart();
  }

  int Run(std::vector<std::string> args) {
    args.insert(args.begin(), "events");
    args.insert(args.end(), {"--address", fmt::format("127.0.0.1:{}", port_)});
    return RunSagactl(args, {.out = out_, .err = err_});
  }

  FakeEvents events_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(SagactlEventsTest, HeldShowsEveryPage) {
  events_.held = {Held(2, "UNPUBLISHABLE"), Held(3, "BEHIND_HELD")};
  EXPECT_EQ(Run({"held"}), kOk);
  EXPECT_EQ(out_.str(),
            "ORDER                                 #  EVENT          REASON         HELD SINCE\n"
            "018f0000-0000-7003-8000-00000000002a  2  order.created  UNPUBLISHABLE  2024-05-01 12:00:00.000Z\n"
            "018f0000-0000-7003-8000-00000000002a  3  order.created  BEHIND_HELD    2024-05-01 12:00:00.000Z\n");
}

TEST_F(SagactlEventsTest, HeldAsJsonIsOneDocumentAlsoWhenEmpty) {
  EXPECT_EQ(Run({"held", "-o", "json"}), kOk);
  EXPECT_EQ(out_.str(), "{\"held\":[]}\n");
  EXPECT_THAT(err_.str(), IsEmpty());
}

TEST_F(SagactlEventsTest, NothingHeldIsSaid) {
  EXPECT_EQ(Run({"held"}), kOk);
  EXPECT_THAT(out_.str(), IsEmpty());
  EXPECT_THAT(err_.str(), HasSubstr("No event is held back"));
}

TEST_F(SagactlEventsTest, ReleaseHandsOnWhatWasAsked) {
  EXPECT_EQ(Run({"release", kOrderId, "--skip", "3", "--reason", "gone for good"}), kOk);
  EXPECT_EQ(events_.released.order_id(), kOrderId);
  EXPECT_EQ(events_.released.skip_sequence(), 3);
  EXPECT_EQ(events_.released.reason(), "gone for good");
}

TEST_F(SagactlEventsTest, ReleaseOfNothingPointsToTheList) {
  events_.status =
      rpc::ToGrpc(MakeError(absl::StatusCode::kNotFound, "NOTHING_HELD", "no event of this order is held back"));
  EXPECT_EQ(Run({"release", kOrderId}), kNotFound);
  EXPECT_THAT(err_.str(), HasSubstr("sagactl events held"));
}

TEST_F(SagactlEventsTest, WrongUseSaysWhatIsRight) {
  EXPECT_EQ(Run({"replay", "--to-queue", "q"}), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--since"));
  EXPECT_EQ(Run({"replay", "--order", kOrderId}), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--to-queue"));
  EXPECT_EQ(Run({"tail", "--broker", "http://nowhere"}), kUsage);
  EXPECT_EQ(Run({}), kUsage);
}

TEST(EventAsJsonTest, KeepsTheBodysDigits) {
  amqp::Delivery event;
  event.exchange = "payments";
  event.routing_key = "payment.successful";
  event.message_id = "m";
  event.correlation_id = kOrderId;
  event.body = R"({"amount":100.00})";
  event.sequence = 2;
  event.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(EventAsJson(event),
            fmt::format(R"({{"exchange":"payments","routing_key":"payment.successful","message_id":"m",)"
                        R"("order_id":"{}","sequence":2,"traceparent":"{}","body":{{"amount":100.00}}}})"
                        "\n",
                        kOrderId, event.traceparent));
}

TEST(EventAsJsonTest, AForeignBodyBecomesAText) {
  amqp::Delivery event;
  event.body = "not \"json\"";
  EXPECT_THAT(EventAsJson(event), HasSubstr(R"("sequence":null,"traceparent":null,"body":"not \"json\""})"));
}

}  // namespace
}  // namespace ordersaga::cli

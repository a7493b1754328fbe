#include "sagactl/events.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <cstdlib>

#include "ordersaga/event/v1/event.grpc.pb.h"
#include "platform/amqp/subscription.h"
#include "platform/base/error.h"
#include "platform/rpc/status.h"
#include "sagactl/failure.h"
#include "sagactl/reach.h"
#include "sagactl/render.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

using event::v1::EventService;

// At the first of the brokers that answers; else what the last one said. `urls` is not empty.
absl::StatusOr<std::unique_ptr<amqp::Subscription>> Subscribe(const std::vector<amqp::Url>& urls,
                                                              const orchestrator::Definitions& sagas,
                                                              const TailCommand& tail, const Options& options) {
  const auto names = sagas.exchanges();
  const std::vector<std::string> exchanges(names.begin(), names.end());
  absl::StatusOr<std::unique_ptr<amqp::Subscription>> subscription;
  for (const amqp::Url& url : urls) {
    subscription = amqp::Subscription::Open(
        {.url = url, .name = "sagactl events tail", .ca_file = CaFile(options), .connect_timeout = options.timeout},
        exchanges, tail.routing_key);
    if (subscription.ok()) break;
  }
  return subscription;
}

}  // namespace

int RunEvents(const TailCommand& tail, const Options& options, const Terminal& terminal) {
  constexpr char kHint[] = "Is RabbitMQ there? Name another with --broker URL or RABBITMQ_URL.";
  const auto urls = amqp::ParseUrls(options.broker);
  if (!urls.ok()) return Fail(urls.status(), "Try: sagactl events tail --help", terminal);
  const auto subscription = Subscribe(*urls, *options.sagas, tail, options);
  if (!subscription.ok()) return Fail(subscription.status(), kHint, terminal);
  if (!options.json) terminal.out << EventHeader(options.colored) << std::flush;
  for (std::int64_t seen = 0; tail.count == 0 || seen < tail.count;) {
    const auto delivery = (*subscription)->Next(absl::Seconds(1));
    if (!delivery.ok()) return Fail(delivery.status(), kHint, terminal);
    if (!delivery->has_value()) continue;
    const amqp::Delivery& event = **delivery;
    terminal.out << (options.json ? EventAsJson(event) : EventAsLine(event)) << std::flush;
    ++seen;
  }
  (*subscription)->Close();
  return kOk;
}

int RunEvents(const HeldCommand& /*held*/, const Options& options, const Terminal& terminal) {
  const auto stub = EventService::NewStub(Dial(options, options.address, "orchestrator"));
  grpc::ClientContext context;
  Prepare(&context, options);
  const auto reader = stub->ListHeldEvents(&context, {});
  std::vector<event::v1::HeldEvent> events;
  event::v1::ListHeldEventsResponse page;
  while (reader->Read(&page)) events.insert(events.end(), page.events().begin(), page.events().end());
  if (const grpc::Status status = reader->Finish(); !status.ok()) {
    return Fail(rpc::FromGrpc(status), options, terminal);
  }
  if (options.json) {
    terminal.out << HeldAsJson(events);
  } else if (events.empty()) {
    terminal.err << "No event is held back.\n";
  } else {
    terminal.out << HeldAsTable(events, options.colored);
  }
  return kOk;
}

int RunEvents(const ReleaseCommand& release, const Options& options, const Terminal& terminal) {
  const auto stub = EventService::NewStub(Dial(options, options.address, "orchestrator"));
  event::v1::ReleaseEventsRequest request;
  request.set_order_id(release.order);
  request.set_skip_sequence(release.skip);
  request.set_reason(release.reason);
  grpc::ClientContext context;
  Prepare(&context, options);
  event::v1::ReleaseEventsResponse response;
  const grpc::Status status = stub->ReleaseEvents(&context, request, &response);
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
    return Fail(rpc::FromGrpc(status), "Try: sagactl events held", terminal);
  }
  if (!status.ok()) return Fail(rpc::FromGrpc(status), options, terminal);
  terminal.err << (release.skip > 0 ? "Event given up if it is the first; " : "Released; ")
               << "see what remains: sagactl events held\n";
  return kOk;
}

}  // namespace ordersaga::cli

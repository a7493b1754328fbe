// `sagactl events replay`: from the orchestrator's stored events to one queue, with the broker's word for each.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include "orchestrator/adapters/amqp/event_publisher_amqp.h"
#include "ordersaga/event/v1/event.grpc.pb.h"
#include "platform/amqp/publisher.h"
#include "platform/base/error.h"
#include "platform/rpc/status.h"
#include "platform/rpc/time.h"
#include "sagactl/events.h"
#include "sagactl/failure.h"
#include "sagactl/reach.h"
#include "sagactl/render.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

using event::v1::EventService;

constexpr int kMostOpen = 200;

// Publishes to a queue through the default exchange and counts the answers.
class QueueWriter {
 public:
  QueueWriter(const Options& options, std::string queue) : queue_(std::move(queue)) {
    options_.url = options.broker;
    options_.ca_file = CaFile(options);
    options_.name = "sagactl events replay";
    options_.connect_timeout = options.timeout;
    options_.drain_limit = options.timeout;
    publisher_ = std::make_unique<amqp::ConfirmedPublisher>(options_, clock_, rng_);
  }

  absl::Status Start() { return publisher_->Start(); }

  // Waits while too many are unanswered. False: one has failed, there is no point in going on.
  bool Write(const event::v1::StoredEvent& stored) {
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &QueueWriter::HasRoom));
      if (!failure_.ok()) return false;
      ++open_;
    }
    publisher_->Publish(ToMessage(stored), [this](amqp::Outcome outcome) { Count(outcome); });
    return true;
  }

  // When all are answered: OK, or what the first failure was.
  absl::Status Finish() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(this, &QueueWriter::AllAnswered));
    return failure_;
  }

  std::int64_t confirmed() const {
    absl::MutexLock lock(&mu_);
    return confirmed_;
  }

 private:
  amqp::Message ToMessage(const event::v1::StoredEvent& stored) const {
    orchestrator::OutboxEvent event;
    event.order_id = Uuid::Parse(stored.order_id()).value_or(Uuid());
    event.sequence = stored.sequence();
    event.routing_key = stored.routing_key();
    event.body = stored.body();
    event.at = rpc::FromProto(stored.at());
    event.traceparent = stored.traceparent();
    // By the default exchange: straight into the queue, past everybody else's bindings.
    amqp::Message message = orchestrator::ToMessage(event, "");
    message.routing_key = queue_;
    message.headers.emplace_back("replayed", std::int64_t{1});
    return message;
  }

  void Count(amqp::Outcome outcome) {
    absl::MutexLock lock(&mu_);
    --open_;
    if (outcome == amqp::Outcome::kConfirmed) {
      ++confirmed_;
    } else if (failure_.ok()) {
      failure_ = outcome == amqp::Outcome::kUnroutable
                     ? absl::NotFoundError(fmt::format("there is no queue '{}'", queue_))
                     : absl::UnavailableError("the broker did not take every event");
    }
  }

  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return open_ < kMostOpen; }
  bool AllAnswered() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return open_ == 0; }

  const std::string queue_;
  amqp::PublisherOptions options_;
  SystemClock clock_;
  SystemRng rng_;
  mutable absl::Mutex mu_;
  int open_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t confirmed_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<amqp::ConfirmedPublisher> publisher_;  // last: its thread calls Count
};

event::v1::ListEventsRequest ToRequest(const ReplayCommand& replay) {
  event::v1::ListEventsRequest request;
  request.set_order_id(replay.order);
  if (replay.since != absl::InfinitePast()) *request.mutable_since() = rpc::ToProto(replay.since);
  // Without an end, what happens from now on is not replayed: it is on its way to subscribers anyway.
  const absl::Time now = SystemClock().Now();
  *request.mutable_until() = rpc::ToProto(std::min(replay.until, now));
  return request;
}

int FailReplay(const absl::Status& status, std::int64_t confirmed, const Terminal& terminal) {
  terminal.err << confirmed << " events had been replayed.\n";
  return Fail(status,
              absl::IsNotFound(status) ? "Declare the queue first, as its subscriber does; then replay again."
                                       : "Is RabbitMQ there? Then replay again: repeats carry the same message ids.",
              terminal);
}

}  // namespace

int RunEvents(const ReplayCommand& replay, const Options& options, const Terminal& terminal) {
  QueueWriter writer(options, replay.to_queue);
  if (const absl::Status status = writer.Start(); !status.ok()) {
    return Fail(status, "Try: sagactl events replay --help", terminal);
  }
  const auto stub = EventService::NewStub(Dial(options, options.address, "orchestrator"));
  grpc::ClientContext context;  // without a deadline: a replay takes as long as it takes
  const auto reader = stub->ListEvents(&context, ToRequest(replay));
  event::v1::ListEventsResponse page;
  bool going = true;
  while (going && reader->Read(&page)) {
    for (const event::v1::StoredEvent& event : page.events()) going = going && writer.Write(event);
  }
  if (!going) context.TryCancel();
  const grpc::Status status = reader->Finish();
  const absl::Status written = writer.Finish();
  if (!written.ok()) return FailReplay(written, writer.confirmed(), terminal);
  if (!status.ok()) return Fail(rpc::FromGrpc(status), options, terminal);
  terminal.out << ReplayedText(writer.confirmed(), replay.to_queue, options.json);
  return kOk;
}

}  // namespace ordersaga::cli

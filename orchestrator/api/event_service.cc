#include "orchestrator/api/event_service.h"

#include <functional>
#include <utility>

#include "orchestrator/api/validate.h"
#include "orchestrator/events/encode.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/rpc/handler.h"
#include "platform/rpc/page_stream.h"
#include "platform/rpc/status.h"
#include "platform/rpc/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kPageRows = 500;

void ToProto(const Definitions& definitions, const OutboxEvent& event, event::v1::StoredEvent* proto) {
  proto->set_order_id(event.order_id.ToString());
  proto->set_sequence(event.sequence);
  proto->set_exchange(std::string(definitions.ExchangeOf(event.routing_key)));
  proto->set_routing_key(event.routing_key);
  proto->set_message_id(MessageId(event.order_id, event.sequence));
  *proto->mutable_at() = rpc::ToProto(event.at);
  proto->set_body(event.body);
  proto->set_shard(event.shard);
  proto->set_position(event.position);
  proto->set_traceparent(event.traceparent);
}

void ToProto(const Definitions& definitions, const HeldEvent& held, event::v1::HeldEvent* proto) {
  ToProto(definitions, held.event, proto->mutable_event());
  proto->set_reason(held.reason);
  *proto->mutable_held_at() = rpc::ToProto(held.held_at);
}

const OutboxEvent& EventOf(const OutboxEvent& event) {
  return event;
}
const OutboxEvent& EventOf(const HeldEvent& held) {
  return held.event;
}

// The rows that `read` gives, from the one behind `after` on.
template <typename Row, typename Response>
class EventStream final : public rpc::PageStream<Response> {
 public:
  using Read = std::function<void(EventPlace after, std::function<void(absl::StatusOr<std::vector<Row>>)> done)>;

  EventStream(const Definitions& definitions, EventPlace after, Read read)
      : definitions_(definitions), after_(after), read_(std::move(read)) {}

 private:
  void Fill(Response& page) override {
    if (last_) return this->Filled(grpc::Status::OK, false);
    read_(after_, [this, &page](const absl::StatusOr<std::vector<Row>>& rows) {
      if (!rows.ok()) return this->Filled(rpc::ToGrpc(rows.status()), false);
      if (rows->empty()) return this->Filled(grpc::Status::OK, false);
      for (const Row& row : *rows) ToProto(definitions_, row, page.add_events());
      after_ = {EventOf(rows->back()).shard, EventOf(rows->back()).position};
      last_ = rows->size() < static_cast<std::size_t>(kPageRows);
      this->Filled(grpc::Status::OK, true);
    });
  }

  const Definitions& definitions_;
  EventPlace after_;
  const Read read_;
  bool last_ = false;
};

template <typename Row, typename Response>
grpc::ServerWriteReactor<Response>* StreamEvents(const Definitions& definitions, EventPlace after,
                                                 typename EventStream<Row, Response>::Read read) {
  auto* stream = new EventStream<Row, Response>(definitions, after, std::move(read));  // deletes itself
  stream->Start();
  return stream;
}

absl::StatusOr<EventFilter> ParseFilter(const event::v1::ListEventsRequest& request) {
  EventFilter filter;
  if (!request.order_id().empty()) {
    absl::StatusOr<Uuid> order = ParseOrderId(request.order_id());
    if (!order.ok()) return order.status();
    filter.order = *order;
  }
  if (request.has_since()) filter.since = rpc::FromProto(request.since());
  if (request.has_until()) filter.until = rpc::FromProto(request.until());
  if (filter.since > filter.until) return BadRequest({{"since", "must not be later than until"}});
  return filter;
}

}  // namespace

void EventServiceImpl::AddTo(rpc::Served<event::v1::EventService>& served) {
  served.Add("ListEvents", this, &EventServiceImpl::ListEvents);
  served.Add("ListHeldEvents", this, &EventServiceImpl::ListHeldEvents);
  served.Add("ReleaseEvents", this, &EventServiceImpl::ReleaseEvents);
}

grpc::ServerWriteReactor<event::v1::ListEventsResponse>* EventServiceImpl::ListEvents(
    grpc::CallbackServerContext* /*context*/, const event::v1::ListEventsRequest* request) {
  return StreamEvents<OutboxEvent, event::v1::ListEventsResponse>(
      definitions_, {request->after_shard(), request->after_position()},
      [this, filter = ParseFilter(*request)](EventPlace after, auto done) {
        if (!filter.ok()) return done(filter.status());
        reader_.List(*filter, after, kPageRows, std::move(done));
      });
}

grpc::ServerWriteReactor<event::v1::ListHeldEventsResponse>* EventServiceImpl::ListHeldEvents(
    grpc::CallbackServerContext* /*context*/, const event::v1::ListHeldEventsRequest* /*request*/) {
  return StreamEvents<HeldEvent, event::v1::ListHeldEventsResponse>(
      definitions_, {}, [this](EventPlace after, auto done) { reader_.ListHeld(after, kPageRows, std::move(done)); });
}

grpc::ServerUnaryReactor* EventServiceImpl::ReleaseEvents(grpc::CallbackServerContext* context,
                                                          const event::v1::ReleaseEventsRequest* request,
                                                          event::v1::ReleaseEventsResponse* response,
                                                          const access::Principal& caller) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->order_id());
  if (!id.ok()) return rpc::Answer(context, id.status());
  const std::string reason = CleanText(request->reason());
  if (request->skip_sequence() > 0 && reason.empty()) {
    return rpc::Answer(context, BadRequest({{"reason", "must say why subscribers will miss this event"}}));
  }
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  engine_.ReleaseEvents({*id, request->skip_sequence(), {Signature(caller), CallersAddress(*context), reason}},
                        [=, this, id = *id](const absl::Status& status) {
                          const bool sent_on = forwarder_.Forward<event::v1::EventService>(
                              status, id.shard(), *context, &event::v1::EventService::Stub::async::ReleaseEvents,
                              *request, response, reactor);
                          if (!sent_on) rpc::Finish(reactor, status);
                        });
  return reactor;
}

}  // namespace ordersaga::orchestrator

// EventService over gRPC: stored events page by page through the EventReader, held events released through the engine.
#pragma once

#include "orchestrator/api/forwarder.h"
#include "orchestrator/engine/engine.h"
#include "orchestrator/ports/event_reader.h"
#include "ordersaga/event/v1/event.grpc.pb.h"
#include "platform/rpc/served.h"

namespace ordersaga::orchestrator {

class EventServiceImpl final {
 public:
  // `definitions` say which exchange an event goes to.
  EventServiceImpl(const Definitions& definitions, Engine& engine, Forwarder& forwarder, EventReader& reader)
      : definitions_(definitions), engine_(engine), forwarder_(forwarder), reader_(reader) {}

  void AddTo(rpc::Served<event::v1::EventService>& served);

  grpc::ServerWriteReactor<event::v1::ListEventsResponse>* ListEvents(grpc::CallbackServerContext* context,
                                                                      const event::v1::ListEventsRequest* request);
  grpc::ServerWriteReactor<event::v1::ListHeldEventsResponse>* ListHeldEvents(
      grpc::CallbackServerContext* context, const event::v1::ListHeldEventsRequest* request);
  grpc::ServerUnaryReactor* ReleaseEvents(grpc::CallbackServerContext* context,
                                          const event::v1::ReleaseEventsRequest* request,
                                          event::v1::ReleaseEventsResponse* response, const access::Principal& caller);

 private:
  const Definitions& definitions_;
  Engine& engine_;
  Forwarder& forwarder_;
  EventReader& reader_;
};

}  // namespace ordersaga::orchestrator

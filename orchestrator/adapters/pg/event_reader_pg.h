// EventReader on PostgreSQL, over a thread of its own: a long replay must not hold up reads of orders.
#pragma once

#include "orchestrator/ports/event_reader.h"
#include "platform/pg/pqxx.h"

namespace ordersaga::orchestrator {

class EventReaderPg final : public EventReader, public Service {
 public:
  explicit EventReaderPg(pg::SessionOptions options);

  absl::Status Start() override { return pool_.Start(); }
  void Stop() override { pool_.Stop(); }

  void List(EventFilter filter, EventPlace after, int limit, Done<std::vector<OutboxEvent>> done) override;
  void ListHeld(EventPlace after, int limit, Done<std::vector<HeldEvent>> done) override;

 private:
  pg::PqxxPool pool_;
};

}  // namespace ordersaga::orchestrator

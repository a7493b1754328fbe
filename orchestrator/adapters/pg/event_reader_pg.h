// EventReader on PostgreSQL, over a thread of its own: a long replay must not hold up reads of orders.
#pragma once

#include "orchestrator/ports/event_reader.h"
#include "platform/pg/pool.h"

namespace ordersaga::orchestrator {

class EventReaderPg final : public EventReader, public Service {
 public:
  explicit EventReaderPg(pg::SessionOptions options);

  absl::Status Start() override { return pool_.Start(); }
  void Stop() override { pool_.Stop(); }

  void List(EventFilter filter, EventPlace after, int limit,
            std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)> done) override;
  void ListHeld(EventPlace after, int limit, std::function<void(absl::StatusOr<std::vector<HeldEvent>>)> done) override;

 private:
  const std::string list_, list_order_, held_;
  pg::SessionPool pool_;
};

}  // namespace ordersaga::orchestrator

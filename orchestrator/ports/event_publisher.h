// The way out to the broker, with publisher confirms.
//
// Threads: Publish returns at once and may be called from the loop only; `done` is called exactly once per event, on a
// thread of the publisher's own. While the broker is away it answers kLost after a short while, so nothing piles up
// here: the caller (the relay) keeps the window bounded and asks again.
#pragma once

#include <cstdint>
#include <functional>

#include "orchestrator/ports/saga_store.h"

namespace ordersaga::orchestrator {

enum class PublishResult {
  kConfirmed,   // the broker has taken responsibility
  kUnroutable,  // confirmed, but nobody had subscribed: the broker has thrown it away
  kRefused,     // the broker cannot take this one now; publish it again, later (another connection is tried meanwhile)
  kUnpublishable,  // it will never get through as it is
  kLost,           // the connection went before the confirm: it may or may not be there; publish again
};

class EventPublisher {
 public:
  virtual ~EventPublisher() = default;
  virtual void Publish(const OutboxEvent& event, std::function<void(PublishResult)> done) = 0;

  // How often a connection has been made so far. Within `done`: the number of the connection that gave this answer, or
  // lost it. Any thread.
  virtual std::int64_t connections() const = 0;
};

}  // namespace ordersaga::orchestrator

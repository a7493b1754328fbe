// What the engine is asked: by clients, by operators, and by what happens to its sagas.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "orchestrator/core/event.h"
#include "orchestrator/core/saga.h"
#include "orchestrator/ports/saga_store.h"

namespace ordersaga::orchestrator {

struct PlaceRequest {
  OrderKey key;
  std::vector<OrderLine> lines;
  std::string user_email;
  Money total;
  absl::Time deadline = absl::InfiniteFuture();  // the caller has given up after this (wall clock)
  std::string traceparent = {};
};

struct Placed {
  Uuid id;
  Status status = Status::kPending;
  bool replayed = false;  // the key had made this order before
};
using PlaceDone = Done<Placed>;
using RequestDone = std::function<void(absl::Status)>;  // of a cancellation, or of what an operator asks

struct PlaceInput {
  PlaceRequest request;
  PlaceDone done;
};
struct SagaInput {
  Uuid id;
  Event event;
  RequestDone done;  // only for what somebody asks for
};
// An operator puts a participant on hold, or releases it; recorded in the operator log of shard 0.
struct HoldRequest {
  std::string participant;
  bool begins = true;
  Operator who;
};
struct HoldInput {
  HoldRequest request;
  RequestDone done;
};
// An operator has an order's held events tried again, or gives one up; recorded in the operator log.
struct EventsRequest {
  Uuid order;
  std::int64_t skip_sequence = 0;  // the event to give up; 0: none
  Operator who;
};
struct EventsInput {
  EventsRequest request;
  RequestDone done;
};
using Input = std::variant<PlaceInput, SagaInput, HoldInput, EventsInput>;

}  // namespace ordersaga::orchestrator

// Messages the broker has not confirmed yet, by delivery tag. Pure bookkeeping: no connection,
// thread or clock.
//
// The broker numbers the messages of a channel 1, 2, 3, ... and confirms them in any order, singly
// or "up to and including". An unroutable one is returned (without its number) just before it is
// confirmed.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "platform/amqp/message.h"

namespace ordersaga::amqp {

using Done = std::function<void(Outcome)>;

// For one channel; not thread-safe. Calls of Done are left to the owner: it gets (done, outcome)
// pairs.
class ConfirmWindow {
 public:
  using Settled = std::vector<std::pair<Done, Outcome>>;

  // Right after the message went out. Tags follow from the order of these calls.
  void Add(std::string message_id, absl::Duration sent_at, Done done);

  // basic.return: the message with this id will be settled as kUnroutable. Returns come in the
  // order of publication, so this is cheap even when nobody subscribes at all.
  void MarkReturned(std::string_view message_id);

  // basic.ack (ok) and basic.nack (kRefused). Unknown and already settled tags are ignored.
  void Confirm(std::uint64_t tag, bool multiple, bool ok, Settled* settled);

  // The connection is gone: everything unconfirmed is kLost. The window is as new.
  void LoseAll(Settled* settled) { EndAll(Outcome::kLost, settled); }

  // The connection is gone because of a message, and only one was in flight: it was this one.
  void CondemnAll(Settled* settled) { EndAll(Outcome::kUnpublishable, settled); }

  std::size_t size() const { return unsettled_; }
  bool empty() const { return unsettled_ == 0; }

  // When the oldest unconfirmed message went out. Requires !empty().
  absl::Duration oldest() const { return slots_.front().sent_at; }

 private:
  struct Slot {
    std::string message_id;
    absl::Duration sent_at;
    Done done;
    bool returned = false;
    bool settled = false;
  };

  void Settle(Slot* slot, Outcome outcome, Settled* settled);
  void EndAll(Outcome outcome, Settled* settled);

  std::deque<Slot> slots_;         // front: the oldest unsettled one
  std::uint64_t first_tag_ = 1;    // of slots_.front()
  std::uint64_t next_return_ = 1;  // the first tag that a return may still name
  std::size_t unsettled_ = 0;
};

}  // namespace ordersaga::amqp

#include "orchestrator/engine/broker_refusals.h"

#include <utility>

#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {

void BrokerRefusals::Taken(const std::string& routing_key, std::int64_t connection) {
  taken_on_ = connection;
  if (!keys_.empty()) keys_.erase(routing_key);
}

bool BrokerRefusals::Blame(OfEvent& event, const std::string& routing_key, std::int64_t connection,
                           absl::Duration now) {
  if (event.count++ == 0) {
    event.since = now;
    event.connection = connection;
  }
  const bool others_before = std::exchange(event.others_taken, taken_on_ > event.connection);
  return keys_.contains(routing_key) || (others_before && now - event.since >= patience_);
}

void BrokerRefusals::Held(const std::string& routing_key) {
  keys_.insert(routing_key);
  ++held_unsaid_;
}

void BrokerRefusals::Warn(absl::Duration now) {
  if (unsaid_ == 0 || now < silent_until_) return;
  LogWarn("the broker refuses events; they are tried again",
          {{"refusals", std::to_string(std::exchange(unsaid_, 0))},
           {"orders_held", std::to_string(std::exchange(held_unsaid_, 0))}});
  silent_until_ = now + absl::Seconds(1);
}

absl::Duration BrokerRefusals::next_warning() const {
  return unsaid_ > 0 ? silent_until_ : absl::InfiniteDuration();
}

}  // namespace ordersaga::orchestrator

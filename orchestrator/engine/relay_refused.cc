// A broker that refuses events: is it the broker, or the event? Meanwhile the publisher tries other connections.
//
// An event that is refused stays in its stream, its order behind it, and is tried again, ever more slowly. If all are
// refused it is the broker, and all wait. An event is to blame, and held, if it has been refused for `patience`, and
// another connection than the first that refused it has taken other events, before its latest refusal and before the
// one before that: what was under way when a broker came to its senses proves nothing. The broker's reason is a queue,
// and a queue gets events by their routing key, so other events with that key are then held at their first refusal,
// until one is taken: they would fill the windows in no time, and nothing else could go out.
#include <algorithm>
#include <utility>

#include "orchestrator/engine/relay.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {

void Relay::OnRefused(Shard& shard, std::int64_t position, std::int64_t connection) {
  constexpr absl::Duration kPause = absl::Milliseconds(250);
  RelayStream::Refusals& refusals = shard.stream.refusals(position);
  if (refusals.count++ == 0) {
    refusals.since = now_;
    refusals.connection = connection;
  }
  const bool others_before = std::exchange(refusals.others_taken, taken_on_ > refusals.connection);
  const bool to_blame = others_before && now_ - refusals.since >= options_.patience;
  const std::string& key = shard.stream.event(position).routing_key;
  if (MayHold(shard) && (to_blame || refused_keys_.contains(key))) {
    refused_keys_.insert(key);
    ++held_unsaid_;
    return Hold(shard, position, "REFUSED_BY_BROKER");
  }
  shard.stream.Again(position, now_ + std::min(kPause * refusals.count, options_.retry));
}

// Once a second: a broker that has lost a node refuses hundreds at once.
void Relay::WarnOfRefusals() {
  if (refusals_unsaid_ == 0 || now_ < silent_until_) return;
  LogWarn("the broker refuses events; they are tried again",
          {{"refusals", std::to_string(std::exchange(refusals_unsaid_, 0))},
           {"orders_held", std::to_string(std::exchange(held_unsaid_, 0))}});
  silent_until_ = now_ + absl::Seconds(1);
}

}  // namespace ordersaga::orchestrator

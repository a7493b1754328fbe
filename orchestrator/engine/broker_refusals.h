// Events that the broker refuses: is it the broker, or the event? Bookkeeping only. Loop thread only.
//
// If all are refused it is the broker, and all wait. An event is to blame if it has been refused for `patience`, and
// another connection than the first that refused it has taken other events, before its latest refusal and before the
// one before that: what was under way when a broker came to its senses proves nothing. The broker's reason is a queue,
// and a queue gets events by their routing key, so other events with that key are to blame at their first refusal,
// until one is taken: they would fill the windows in no time, and nothing else could go out.
#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"

namespace ordersaga::orchestrator {

class BrokerRefusals {
 public:
  // What is remembered of one event.
  struct OfEvent {
    int count = 0;
    absl::Duration since;         // monotonic, of the first
    std::int64_t connection = 0;  // number of the connection that gave the first
    bool others_taken = false;    // at the latest: another connection had taken other events
  };

  explicit BrokerRefusals(absl::Duration patience) : patience_(patience) {}

  // The broker has taken an event with this key.
  void Taken(const std::string& routing_key, std::int64_t connection);
  // It has refused one: to be told of by Warn.
  void Refused() { ++unsaid_; }
  // Whether this event is to blame for it, which waits in its stream.
  bool Blame(OfEvent& event, const std::string& routing_key, std::int64_t connection, absl::Duration now);
  // One that is to blame is held.
  void Held(const std::string& routing_key);

  // Says so in the log, once a second: a broker that has lost a node refuses hundreds at once.
  void Warn(absl::Duration now);
  // When Warn will have something to say.
  absl::Duration next_warning() const;

 private:
  const absl::Duration patience_;
  std::int64_t taken_on_ = 0;                                // number of the latest connection that has taken an event
  absl::flat_hash_set<std::string> keys_;                    // routing keys an event of which is held
  std::int64_t unsaid_ = 0;                                  // refusals since the latest warning
  std::int64_t held_unsaid_ = 0;                             // orders held, since then
  absl::Duration silent_until_ = -absl::InfiniteDuration();  // monotonic
};

}  // namespace ordersaga::orchestrator

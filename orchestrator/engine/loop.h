// What the parts of an engine share: the loop's mailbox, its waits and its time.
//
// Threads: Post, Enqueue and what Then returns may be called from any thread; the rest is for the loop thread only.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "platform/base/database_clock.h"
#include "platform/base/mailbox.h"

namespace ordersaga::orchestrator {

// For how long a store or a broker that has not done what it was asked is left alone.
constexpr absl::Duration kPause = absl::Milliseconds(200);

class Loop {
 public:
  using Closure = std::function<void()>;

  // `tolerance`: as DatabaseClock has it. `clock` must outlive the loop.
  Loop(const Clock& clock, absl::Duration tolerance) : clock_(clock, tolerance) {}

  // Runs the closure on the loop, which wakes for it.
  void Post(Closure closure) { mailbox_.Post(std::move(closure)); }
  // The same, but the loop wakes only if it has nothing better to wait for (Engine::wants_inputs).
  void Enqueue(Closure closure) { mailbox_.Enqueue(std::move(closure)); }

  // A callback for a port: posts a call of the method on `object` with `bound` and then what the port has answered.
  // `object` must live as long as the loop runs.
  template <auto Method, typename Object, typename... Bound>
  auto Then(Object* object, Bound... bound) {
    return [this, object, ... bound = std::move(bound)](auto answer) {
      Post([object, ... bound = bound, answer = std::move(answer)] { (object->*Method)(bound..., answer); });
    };
  }

  // Runs the closure once so much time has passed.
  void After(absl::Duration wait, Closure closure) { later_.emplace(now() + wait, std::move(closure)); }
  // Runs what has been posted, then what has fallen due.
  void Run(const std::vector<Closure>& posted) {
    for (const Closure& closure : posted) closure();
    while (!later_.empty() && later_.begin()->first <= now()) {
      const Closure closure = std::move(later_.begin()->second);
      later_.erase(later_.begin());
      closure();
    }
  }
  // How long until something falls due; infinite if nothing will.
  absl::Duration UntilDue() const { return later_.empty() ? absl::InfiniteDuration() : later_.begin()->first - now(); }

  absl::Duration now() const { return clock_.Monotonic(); }
  DatabaseClock& clock() { return clock_; }
  const DatabaseClock& clock() const { return clock_; }
  Mailbox<Closure>& mailbox() { return mailbox_; }

 private:
  Mailbox<Closure> mailbox_;
  DatabaseClock clock_;
  std::multimap<absl::Duration, Closure> later_;  // by when, monotonic
};

}  // namespace ordersaga::orchestrator

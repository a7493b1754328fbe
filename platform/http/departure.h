// A client that goes before it has its answer. Handlers that wait long ask to be told.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace ordersaga::http {

// Thread-safe. What is to be done runs on the thread that says so, without a lock held.
class Departure {
 public:
  // For handlers. Runs `then` once when the client goes; at once if it has; never once the request is answered.
  void Then(std::function<void()> then) {
    {
      absl::MutexLock lock(&mu_);
      if (state_ == State::kOver) return;
      if (state_ == State::kThere) return then_.push_back(std::move(then));
    }
    then();
  }

  // For the server.
  void Happen() {
    for (const auto& then : TurnTo(State::kGone)) then();
  }
  // The request is answered, or the server ends. What was to be done is dropped, and with it what it holds.
  void Forget() { TurnTo(State::kOver); }

 private:
  enum class State { kThere, kGone, kOver };

  std::vector<std::function<void()>> TurnTo(State state) {
    absl::MutexLock lock(&mu_);
    if (state_ == State::kThere) state_ = state;
    return std::exchange(then_, {});
  }

  absl::Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_) = State::kThere;
  std::vector<std::function<void()>> then_ ABSL_GUARDED_BY(mu_);
};

}  // namespace ordersaga::http

// What handlers, which may answer from any thread and late, share with the server, which may be gone by then.
#pragma once

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace ordersaga::http {

// Runs things only as long as the server stands.
class Gate {
 public:
  // Runs `enter` if the server still stands, and keeps it standing meanwhile.
  void Enter(const std::function<void()>& enter) {
    absl::MutexLock lock(&mu_);
    if (open_) enter();
  }
  void Close() {
    absl::MutexLock lock(&mu_);
    open_ = false;
  }

 private:
  absl::Mutex mu_;
  bool open_ ABSL_GUARDED_BY(mu_) = true;
};

// A count that can be waited for.
class Count {
 public:
  int Add(int change) {
    absl::MutexLock lock(&mu_);
    return value_ += change;
  }
  int value() const {
    absl::MutexLock lock(&mu_);
    return value_;
  }
  void AwaitZero(absl::Duration timeout) {
    absl::MutexLock lock(&mu_);
    mu_.AwaitWithTimeout(absl::Condition(
                             +[](int* value) { return *value == 0; }, &value_),
                         timeout);
  }

 private:
  mutable absl::Mutex mu_;
  int value_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace ordersaga::http

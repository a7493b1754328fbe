// A many-writers, one-reader queue whose reader takes everything at once: the input side of every turn.
#pragma once

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace ordersaga {

// Thread-safe. Unbounded: writers that need a bound check it before they post.
template <typename T>
class Mailbox {
 public:
  void Post(T item) {
    absl::MutexLock lock(&mu_);
    items_.push_back(std::move(item));
  }

  // Everything posted so far; possibly nothing. Never blocks.
  std::vector<T> DrainNow() {
    absl::MutexLock lock(&mu_);
    return std::exchange(items_, {});
  }

  // Waits until something is posted, Close() is called or `timeout` has passed; then as DrainNow.
  std::vector<T> Drain(absl::Duration timeout) {
    absl::MutexLock lock(&mu_);
    mu_.AwaitWithTimeout(absl::Condition(this, &Mailbox::Ready), timeout);
    return std::exchange(items_, {});
  }

  // Waits until Close() is called or `timeout` has passed, whatever is posted.
  void AwaitClosed(absl::Duration timeout) const {
    absl::MutexLock lock(&mu_);
    mu_.AwaitWithTimeout(absl::Condition(&closed_), timeout);
  }

  // Wakes the reader for good; Drain no longer waits. Posting stays allowed.
  void Close() {
    absl::MutexLock lock(&mu_);
    closed_ = true;
  }

  bool closed() const {
    absl::MutexLock lock(&mu_);
    return closed_;
  }

  std::size_t size() const {
    absl::MutexLock lock(&mu_);
    return items_.size();
  }

 private:
  bool Ready() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return closed_ || !items_.empty(); }

  mutable absl::Mutex mu_;
  std::vector<T> items_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace ordersaga

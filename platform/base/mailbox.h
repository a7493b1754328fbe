// A many-writers, one-reader queue whose reader takes everything at once: the input side of every turn.
//
// Waking a reader costs more than what it then does with one item. So there are two ways in: what is posted wakes the
// reader; what is enqueued is found when the reader next looks, and wakes it only if it waits for anything (Drain).
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
  // Wakes the reader.
  void Post(T item) {
    absl::MutexLock lock(&mu_);
    items_.push_back(std::move(item));
    urgent_ = true;
  }

  // Wakes the reader only if it waits for anything.
  void Enqueue(T item) {
    absl::MutexLock lock(&mu_);
    items_.push_back(std::move(item));
  }

  // All items so far; possibly nothing. Never blocks.
  std::vector<T> DrainNow() {
    absl::MutexLock lock(&mu_);
    return Take();
  }

  // Waits until something is posted (`for_anything`: or enqueued), Close() is called or `timeout` has passed;
  // then as DrainNow.
  std::vector<T> Drain(absl::Duration timeout, bool for_anything = true) {
    absl::MutexLock lock(&mu_);
    for_anything_ = for_anything;
    mu_.AwaitWithTimeout(absl::Condition(this, &Mailbox::Ready), timeout);
    return Take();
  }

  // Whether Drain would not wait.
  bool HasNews(bool for_anything = true) const {
    absl::MutexLock lock(&mu_);
    return News(for_anything);
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
  bool News(bool for_anything) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return closed_ || urgent_ || (for_anything && !items_.empty());
  }
  bool Ready() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return News(for_anything_); }
  std::vector<T> Take() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    urgent_ = false;
    return std::exchange(items_, {});
  }

  mutable absl::Mutex mu_;
  std::vector<T> items_ ABSL_GUARDED_BY(mu_);
  bool urgent_ ABSL_GUARDED_BY(mu_) = false;       // among them one that was posted
  bool for_anything_ ABSL_GUARDED_BY(mu_) = true;  // what the reader waits for
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace ordersaga

// A few threads, each with a Session, and a bounded queue: for reads that must not hold up a loop.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/pg/session.h"
#include "platform/runtime/service.h"

namespace ordersaga::pg {

// `Session` is that of libpq or of libpqxx (PqxxPool, in pqxx.h). Thread-safe.
template <typename Session>
class BasicPool final : public Service {
 public:
  using Task = std::function<void(Session&)>;

  BasicPool(SessionOptions options, int threads, std::size_t max_queue);
  ~BasicPool() override { Stop(); }

  absl::Status Start() override;
  // Runs what is queued, then ends.
  void Stop() override;

  // Runs the task on one of the threads. False: the queue is full or the pool stopped, the task is not run and the
  // caller answers RESOURCE_EXHAUSTED.
  bool Submit(Task task);

 private:
  void Work();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopped_ || !queue_.empty(); }

  const SessionOptions options_;
  const int thread_count_;
  const std::size_t max_queue_;
  absl::Mutex mu_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

using SessionPool = BasicPool<Session>;

}  // namespace ordersaga::pg

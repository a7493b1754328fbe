#include "platform/pg/pool.h"

namespace ordersaga::pg {

SessionPool::SessionPool(SessionOptions options, int threads, std::size_t max_queue)
    : options_(std::move(options)), thread_count_(threads), max_queue_(max_queue) {}

absl::Status SessionPool::Start() {
  if (!threads_.empty()) return absl::OkStatus();
  for (int i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { Work(); });
  return absl::OkStatus();
}

void SessionPool::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool SessionPool::Submit(Task task) {
  absl::MutexLock lock(&mu_);
  if (stopped_ || queue_.size() >= max_queue_) return false;
  queue_.push_back(std::move(task));
  return true;
}

void SessionPool::Work() {
  Session session(options_);
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &SessionPool::HasWork));
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task(session);
  }
}

}  // namespace ordersaga::pg

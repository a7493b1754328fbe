#include "platform/pg/pool.h"

#include "platform/pg/pqxx.h"

namespace ordersaga::pg {

template <typename Session>
BasicPool<Session>::BasicPool(SessionOptions options, int threads, std::size_t max_queue)
    : options_(std::move(options)), thread_count_(threads), max_queue_(max_queue) {}

template <typename Session>
absl::Status BasicPool<Session>::Start() {
  if (!threads_.empty()) return absl::OkStatus();
  for (int i = 0; i < thread_count_; ++i) threads_.emplace_back([this] { Work(); });
  return absl::OkStatus();
}

template <typename Session>
void BasicPool<Session>::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

template <typename Session>
bool BasicPool<Session>::Submit(Task task) {
  absl::MutexLock lock(&mu_);
  if (stopped_ || queue_.size() >= max_queue_) return false;
  queue_.push_back(std::move(task));
  return true;
}

template <typename Session>
void BasicPool<Session>::Work() {
  Session session(options_);
  while (true) {
    Task task;
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &BasicPool::HasWork));
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task(session);
  }
}

template class BasicPool<Session>;
template class BasicPool<PqxxSession>;

}  // namespace ordersaga::pg

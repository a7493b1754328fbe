#include "platform/http/response_stream.h"

#include <utility>

namespace ordersaga::http {

bool ResponseStream::Write(std::string_view piece) {
  std::function<void()> ready;
  {
    absl::MutexLock lock(&mu_);
    if (closed_ || ended_) return false;
    waiting_ += piece;
    // It would be told late and wrong things; it may come back and ask from where it stopped.
    if (waiting_.size() > options_.max_waiting) {
      waiting_.clear();
      closed_ = true;
    }
    ready = ready_;
  }
  if (ready) ready();
  return true;
}

void ResponseStream::Close() {
  std::function<void()> ready;
  {
    absl::MutexLock lock(&mu_);
    closed_ = true;
    ready = ready_;
  }
  if (ready) ready();
}

void ResponseStream::Drain() {
  Write(options_.goodbye);
  Close();
}

void ResponseStream::OnEnd(std::function<void()> gone) {
  {
    absl::MutexLock lock(&mu_);
    if (!ended_) {
      gone_ = std::move(gone);
      return;
    }
  }
  gone();
}

ResponseStream::Piece ResponseStream::Take() {
  absl::MutexLock lock(&mu_);
  return {std::exchange(waiting_, {}), closed_ || ended_};
}

void ResponseStream::OnReady(std::function<void()> ready) {
  absl::MutexLock lock(&mu_);
  ready_ = std::move(ready);
}

void ResponseStream::End() {
  std::function<void()> gone;
  std::function<void()> ready;
  {
    absl::MutexLock lock(&mu_);
    if (std::exchange(ended_, true)) return;
    gone = std::exchange(gone_, nullptr);
    ready = std::exchange(ready_, nullptr);
  }
  if (gone) gone();
  if (ready) ready();
}

bool ResponseStream::ended() const {
  absl::MutexLock lock(&mu_);
  return ended_;
}

}  // namespace ordersaga::http

#include "platform/pg/periodic.h"

namespace ordersaga::pg {

Periodic::Periodic(SessionOptions options, std::function<absl::Duration(PqxxSession&)> work)
    : work_(std::move(work)), session_(std::move(options)) {}

absl::Status Periodic::Start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void Periodic::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Periodic::Wake() {
  absl::MutexLock lock(&mu_);
  woken_ = true;
}

void Periodic::Run() {
  absl::MutexLock lock(&mu_);
  while (!stopped_) {
    woken_ = false;
    mu_.Unlock();
    const absl::Duration wait = work_(session_);
    mu_.Lock();
    mu_.AwaitWithTimeout(absl::Condition(this, &Periodic::Woken), wait);
  }
}

}  // namespace ordersaga::pg

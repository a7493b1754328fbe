// Work with a database that comes back every so often, on a thread and connection of its own, which may block.
#pragma once

#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/pg/pqxx.h"
#include "platform/runtime/service.h"

namespace ordersaga::pg {

class Periodic final : public Service {
 public:
  // `work` is called once after Start, and again after the wait that it returns. It deals with errors itself: a
  // database that is away is tried again the next time.
  Periodic(SessionOptions options, std::function<absl::Duration(PqxxSession&)> work);
  ~Periodic() override { Stop(); }

  absl::Status Start() override;
  // Waits for the work under way.
  void Stop() override;

  // Ends the wait. Any thread.
  void Wake();

 private:
  void Run();
  bool Woken() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopped_ || woken_; }

  const std::function<absl::Duration(PqxxSession&)> work_;
  PqxxSession session_;  // used on the thread only
  absl::Mutex mu_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace ordersaga::pg

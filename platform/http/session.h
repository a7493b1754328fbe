// One connection: reads a request, has it answered, writes the answer, again.
#pragma once

#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/http/server.h"

namespace ordersaga::http {

// Between handlers, which may answer from any thread and late, and the server, which may be gone by then.
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
  void AwaitZero(absl::Duration timeout) {
    absl::MutexLock lock(&mu_);
    mu_.AwaitWithTimeout(absl::Condition(
                             +[](int* value) { return *value == 0; }, &value_),
                         timeout);
  }

 private:
  absl::Mutex mu_;
  int value_ ABSL_GUARDED_BY(mu_) = 0;
};

// What all connections of a server share.
struct Shared {
  HttpOptions options;
  Router router;
  ErrorPage error_page;
  const Clock& clock;
  Rng& rng;
  Observer observer;
  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
  std::atomic<bool> draining{false};
  Count connections{};
  Count requests{};  // read, and not yet answered
};

// Runs until the connection ends. Never throws.
boost::asio::awaitable<void> RunSession(boost::beast::tcp_stream stream, Shared& shared);

}  // namespace ordersaga::http

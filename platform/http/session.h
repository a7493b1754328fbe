// One connection: reads a request, has it answered, writes the answer, again.
#pragma once

#include <atomic>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
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

// One more in a count, for as long as it lives.
class Held {
 public:
  explicit Held(Count& count) : counter_(count), count_(count.Add(1)) {}
  ~Held() { counter_.Add(-1); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  int count() const { return count_; }

 private:
  Count& counter_;
  const int count_;
};

// How many connections each address has.
class Addresses {
 public:
  int Add(const std::string& address, int change) {
    absl::MutexLock lock(&mu_);
    const auto found = counts_.try_emplace(address, 0).first;
    const int count = found->second += change;
    if (count == 0) counts_.erase(found);
    return count;
  }

 private:
  absl::Mutex mu_;
  absl::flat_hash_map<std::string, int> counts_ ABSL_GUARDED_BY(mu_);
};

// One more connection of an address, for as long as it lives.
class Neighbours {
 public:
  Neighbours(Addresses& addresses, std::string address)
      : addresses_(addresses), address_(std::move(address)), count_(addresses.Add(address_, 1)) {}
  ~Neighbours() { addresses_.Add(address_, -1); }
  Neighbours(const Neighbours&) = delete;
  Neighbours& operator=(const Neighbours&) = delete;
  int count() const { return count_; }

 private:
  Addresses& addresses_;
  const std::string address_;
  const int count_;
};

// The streams that are being sent, so that a drain can end them.
class Streams {
 public:
  void Add(const std::shared_ptr<ResponseStream>& stream);
  void Remove(const std::shared_ptr<ResponseStream>& stream);
  int value() const;
  // Says goodbye to all, and to all that come.
  void Drain();

 private:
  mutable absl::Mutex mu_;
  absl::flat_hash_set<std::shared_ptr<ResponseStream>> open_ ABSL_GUARDED_BY(mu_);
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
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
  Addresses addresses{};
  Streams streams{};
};

// A response's stream, if it has one, among those being sent for as long as this lives.
class OpenStream {
 public:
  OpenStream(Shared& shared, std::shared_ptr<ResponseStream> stream) : shared_(shared), stream_(std::move(stream)) {
    if (stream_ != nullptr) shared_.streams.Add(stream_);
  }
  ~OpenStream() {
    if (stream_ != nullptr) shared_.streams.Remove(stream_);
  }
  OpenStream(const OpenStream&) = delete;
  OpenStream& operator=(const OpenStream&) = delete;

 private:
  Shared& shared_;
  const std::shared_ptr<ResponseStream> stream_;
};

// Runs until the connection ends. Never throws.
boost::asio::awaitable<void> RunSession(boost::beast::tcp_stream stream, Shared& shared);

}  // namespace ordersaga::http

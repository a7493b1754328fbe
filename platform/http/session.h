// One connection: reads a request, has it answered, writes the answer, again.
#pragma once

#include <atomic>
#include <boost/asio.hpp>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "platform/http/gate.h"
#include "platform/http/places.h"
#include "platform/http/server.h"
#include "platform/http/tls.h"

namespace ordersaga::http {

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
  Places places{options.max_connections, options.max_connections_per_address};
  std::shared_ptr<Count> requests = std::make_shared<Count>();  // read, and not yet answered
  Streams streams{};
  std::atomic<std::int64_t> handshakes_failed{0};
  // Null: connections are in the clear.
  std::unique_ptr<Tls> tls =
      options.https_folder.empty() ? nullptr : std::make_unique<Tls>(options.https_folder, clock);
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
boost::asio::awaitable<void> RunSession(boost::asio::ip::tcp::socket socket, Shared& shared);

}  // namespace ordersaga::http

// The rest of a body that is written while it is being sent, for as long as the client stays: server-sent events.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace ordersaga::http {

struct ResponseStreamOptions {
  std::string heartbeat;  // sent when nothing else was for this long
  absl::Duration heartbeat_every = absl::Seconds(15);
  std::string goodbye;                               // the last thing sent when the server drains
  std::size_t max_waiting = std::size_t{64} * 1024;  // bytes; a client that leaves more unread is sent away
};

// Thread-safe. Made by a handler, given to the server in a Response, kept by both.
class ResponseStream {
 public:
  explicit ResponseStream(ResponseStreamOptions options) : options_(std::move(options)) {}

  // For the handler. False: nobody reads any more.
  bool Write(std::string_view piece);
  // Ends the body once everything written is sent.
  void Close();
  // Runs `gone` once, when the stream has ended either way; at once if it has.
  void OnEnd(std::function<void()> gone);

  // For the server.
  struct Piece {
    std::string text;
    bool last = false;  // nothing will follow
  };
  Piece Take();
  // `ready` runs, on any thread, whenever there may be something to Take.
  void OnReady(std::function<void()> ready);
  void Drain();  // says goodbye and closes
  void End();    // the body is sent, or the client has gone
  bool ended() const;
  const ResponseStreamOptions& options() const { return options_; }

 private:
  const ResponseStreamOptions options_;
  mutable absl::Mutex mu_;
  std::string waiting_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool ended_ ABSL_GUARDED_BY(mu_) = false;
  std::function<void()> gone_ ABSL_GUARDED_BY(mu_);
  std::function<void()> ready_ ABSL_GUARDED_BY(mu_);
};

}  // namespace ordersaga::http

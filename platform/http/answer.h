// Waits for a handler's answer without holding a thread, and watches the client meanwhile.
#pragma once

#include <atomic>
#include <boost/asio.hpp>
#include <optional>

#include "platform/http/gate.h"
#include "platform/http/message.h"
#include "platform/http/read.h"

namespace ordersaga::http {

// One request, from its head to its answer. Session and handler share it: if the client goes, the session ends, and the
// handler's work still counts until it responds.
class Work {
 public:
  Work(std::shared_ptr<Count> among, Request read) : request(std::move(read)), among_(std::move(among)) {
    among_->Add(1);
  }
  ~Work() { End(); }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  // It counts no longer; any thread.
  void End() {
    if (counts_.exchange(false)) among_->Add(-1);
  }

  Request request;

 private:
  const std::shared_ptr<Count> among_;
  std::atomic<bool> counts_{true};
};

// nullopt: the client has gone, and the handler has been told. Runs on the session's strand.
//
// A client that has closed its connection and one that has only said that it sends no more look the same. If the answer
// takes longer than a moment, such a client is sent a "100 Continue", which every HTTP/1.1 client skips: where nobody
// reads any more, the system's reset comes back. What a client has sent ahead is read as far as there is room.
boost::asio::awaitable<std::optional<Response>> Answered(const Handler& handler, std::shared_ptr<Work> work,
                                                         Connection at, unsigned version, std::shared_ptr<Gate> gate);

}  // namespace ordersaga::http

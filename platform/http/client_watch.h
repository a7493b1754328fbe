// Notices that a client goes while it waits for an answer. Under TLS one that sends no more is gone: no client closes
// half of such a connection and reads on.
#pragma once

#include <boost/beast/core.hpp>
#include <functional>
#include <memory>
#include <optional>

#include "platform/http/hangup_watch.h"
#include "platform/http/stream.h"

namespace ordersaga::http {

// Belongs to the session's strand; while it lives, nobody else reads or writes. What the client sends ahead is put into
// `buffer`.
class ClientWatch {
 public:
  // `gone` runs on the strand, at most once. `may_ask`: the client knows interim answers (HTTP/1.1).
  ClientWatch(Stream& stream, boost::beast::flat_buffer& buffer, bool may_ask, std::function<void()> gone);
  ~ClientWatch();
  ClientWatch(const ClientWatch&) = delete;
  ClientWatch& operator=(const ClientWatch&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;       // in the clear
  std::optional<HangupWatch> hangup_;  // under TLS
};

}  // namespace ordersaga::http

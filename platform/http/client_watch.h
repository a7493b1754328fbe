// Notices that a client goes while it waits for an answer.
#pragma once

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <functional>
#include <memory>

namespace ordersaga::http {

// Belongs to the session's strand; while it lives, nobody else reads or writes. What the client sends ahead is put into
// `buffer`.
class ClientWatch {
 public:
  // `gone` runs on the strand, at most once. `may_ask`: the client knows interim answers (HTTP/1.1).
  ClientWatch(boost::asio::ip::tcp::socket& socket, boost::beast::flat_buffer& buffer, bool may_ask,
              std::function<void()> gone);
  ~ClientWatch();
  ClientWatch(const ClientWatch&) = delete;
  ClientWatch& operator=(const ClientWatch&) = delete;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace ordersaga::http

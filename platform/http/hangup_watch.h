// Notices that a client has ended its side of a connection, or that it broke, and reads nothing.
#pragma once

#include <boost/asio.hpp>
#include <functional>
#include <memory>

namespace ordersaga::http {

// Belongs to the session's strand, and so does what it calls. Others may write meanwhile, not read.
class HangupWatch {
 public:
  // `gone` runs at most once.
  HangupWatch(boost::asio::ip::tcp::socket& socket, std::function<void()> gone);
  ~HangupWatch();
  HangupWatch(const HangupWatch&) = delete;
  HangupWatch& operator=(const HangupWatch&) = delete;

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace ordersaga::http

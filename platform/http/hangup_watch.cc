// The system says that there is something to read also when the client ends its side (POLLRDHUP). If it is only bytes,
// which nobody takes, it would say so again at once: then the socket is looked at from time to time instead. Under TLS
// such bytes are mostly the client's goodbye, a moment before its end.
#include "platform/http/hangup_watch.h"

#include <poll.h>

#include <utility>

namespace ordersaga::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::chrono::milliseconds kLookAgain(250);

}  // namespace

struct HangupWatch::State : std::enable_shared_from_this<State> {
  State(tcp::socket& on, std::function<void()> then) : socket(&on), timer(on.get_executor()), gone(std::move(then)) {}

  void Await() {
    socket->async_wait(tcp::socket::wait_read, [self = shared_from_this()](const auto& error) {
      if (!error) self->Look();
    });
  }

  void Look() {
    if (socket == nullptr) return;
    pollfd one{socket->native_handle(), POLLRDHUP, 0};
    if (poll(&one, 1, 0) > 0) return gone();
    timer.expires_after(kLookAgain);
    timer.async_wait([self = shared_from_this()](const auto& error) {
      if (!error) self->Look();
    });
  }

  tcp::socket* socket;  // null: the watch is over
  asio::steady_timer timer;
  const std::function<void()> gone;
};

HangupWatch::HangupWatch(tcp::socket& socket, std::function<void()> gone)
    : state_(std::make_shared<State>(socket, std::move(gone))) {
  state_->Await();
}

HangupWatch::~HangupWatch() {
  boost::system::error_code ignored;
  state_->timer.cancel();
  std::exchange(state_->socket, nullptr)->cancel(ignored);
}

}  // namespace ordersaga::http

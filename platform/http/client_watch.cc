// The end of what a client sends says little: it may have closed its connection, or only its sending side, and still
// read. So it is asked: "100 Continue" means nothing to a client that is there (RFC 9110, 15.2), and draws a reset from
// a system where nobody has the connection any more. The reset is an error of the socket, which is waited for.
#include "platform/http/client_watch.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <string_view>
#include <utility>

#include <linux/sockios.h>

namespace ordersaga::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

struct ClientWatch::State : std::enable_shared_from_this<State> {
  State(tcp::socket& on, beast::flat_buffer& into, bool asks, std::function<void()> then)
      : socket(&on), buffer(into), may_ask(asks), gone(std::move(then)) {}

  void Await(tcp::socket::wait_type what) {
    socket->async_wait(what, [self = shared_from_this(), what](const beast::error_code& error) {
      if (error || self->socket == nullptr) return;
      if (what == tcp::socket::wait_read) return self->Read();
      if (self->IsBroken()) self->gone();
    });
  }

  // Takes what the client sends ahead, so that the end behind it can be seen.
  void Read() {
    constexpr std::size_t kPiece = 4096;
    beast::error_code error;
    socket->non_blocking(true, error);
    while (!error) {
      const std::size_t room = beast::read_size(buffer, kPiece);
      if (room == 0) return Await(tcp::socket::wait_error);
      buffer.commit(socket->read_some(buffer.prepare(room), error));
    }
    if (error == asio::error::would_block) return Await(tcp::socket::wait_read);
    if (error != asio::error::eof) return gone();
    if (may_ask && !Ask()) return gone();
    Await(tcp::socket::wait_error);
  }

  // False: it cannot be asked. Bytes of an earlier answer that are still on their way ask just as well, and half a line
  // must never be sent.
  bool Ask() {
    constexpr std::string_view kAreYouThere = "HTTP/1.1 100 Continue\r\n\r\n";
    int on_the_way = 0;
    if (ioctl(socket->native_handle(), SIOCOUTQ, &on_the_way) != 0 || on_the_way > 0) return true;
    beast::error_code error;
    return socket->write_some(asio::buffer(kAreYouThere), error) == kAreYouThere.size();
  }

  bool IsBroken() const {
    pollfd poll_one{socket->native_handle(), 0, 0};
    return poll(&poll_one, 1, 0) > 0 && (poll_one.revents & (POLLERR | POLLHUP)) != 0;
  }

  tcp::socket* socket;  // null: the watch is over
  beast::flat_buffer& buffer;
  const bool may_ask;
  const std::function<void()> gone;
};

ClientWatch::ClientWatch(Stream& stream, beast::flat_buffer& buffer, bool may_ask, std::function<void()> gone) {
  if (stream.secure()) {
    hangup_.emplace(stream.socket(), std::move(gone));
    return;
  }
  state_ = std::make_shared<State>(stream.socket(), buffer, may_ask, std::move(gone));
  state_->Await(tcp::socket::wait_read);
}

ClientWatch::~ClientWatch() {
  if (state_ == nullptr) return;
  beast::error_code ignored;
  std::exchange(state_->socket, nullptr)->cancel(ignored);
}

}  // namespace ordersaga::http

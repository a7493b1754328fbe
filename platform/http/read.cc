// How a head is read: piece by piece, each given to Beast's parser, which takes whole lines. What it has taken is
// looked at once more as it came, because the parser unfolds folded headers without saying so.
#include "platform/http/read.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <poll.h>

#include <memory>
#include <utility>

#include "platform/http/no_throw.h"

namespace ordersaga::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

using asio::ip::tcp;
constexpr std::size_t kPiece = 4096;
constexpr Refusal kHttpsOnly = {400, "HTTPS_ONLY", "this port speaks HTTPS: begin the address with https://"};

// Breaks off what a socket waits for, when its time is up or another thread wants it, and leaves the socket open: the
// client gets to know. (The timeouts of Beast's streams close it.) Belongs to the session's strand.
class Breaker {
 public:
  explicit Breaker(tcp::socket& socket) : state_(std::make_shared<State>(socket)) {}
  ~Breaker() {
    state_->socket = nullptr;
    state_->timer.cancel();
  }
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;

  void Set(absl::Duration time) {
    state_->timer.expires_after(absl::ToChronoNanoseconds(time));
    state_->timer.async_wait([state = state_, number = ++state_->number](const beast::error_code& error) {
      // An old timer may be on its way here while a new one is set.
      if (error || number != state->number) return;
      state->passed = true;
      state->Break();
    });
  }
  // Breaks off now; any thread.
  std::function<void()> Now() {
    return [state = state_, executor = state_->timer.get_executor()] {
      asio::post(executor, [state] { state->Break(); });
    };
  }
  // The error as it is, or `timeout` if that is why it came about.
  beast::error_code Explain(const beast::error_code& error) const {
    return error && state_->passed ? beast::error_code(beast::error::timeout) : error;
  }

 private:
  struct State {
    explicit State(tcp::socket& on) : socket(&on), timer(on.get_executor()) {}
    void Break() const {
      beast::error_code ignored;
      if (socket != nullptr) socket->cancel(ignored);
    }
    tcp::socket* socket;  // null: the breaker is gone, and perhaps the socket
    asio::steady_timer timer;
    int number = 0;
    bool passed = false;
  };
  const std::shared_ptr<State> state_;
};

std::string_view View(const beast::flat_buffer& buffer) {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

// Whether a request has begun. Empty lines before it are skipped, as RFC 9112 (2.2) asks.
bool HasBegun(beast::flat_buffer& buffer) {
  while (View(buffer).substr(0, 2) == "\r\n") buffer.consume(2);
  return !View(buffer).empty() && View(buffer) != "\r";
}

asio::awaitable<beast::error_code> ReadSome(Connection at) {
  const std::size_t room = beast::read_size(at.buffer, kPiece);
  if (room == 0) co_return wire::error::buffer_overflow;
  const auto [error, bytes] = co_await at.stream.async_read_some(at.buffer.prepare(room), kNoThrow);
  at.buffer.commit(bytes);
  co_return error == asio::ssl::error::stream_truncated ? asio::error::make_error_code(asio::error::eof) : error;
}

// Whether something has arrived that was not read.
bool HasArrived(tcp::socket& socket) {
  pollfd one{socket.native_handle(), POLLIN, 0};
  return poll(&one, 1, 0) > 0 && one.revents == POLLIN;
}

// Idle until the first byte of a request. Then the connection has its place for certain.
asio::awaitable<beast::error_code> AwaitRequest(Connection at) {
  beast::error_code error;
  if (HasBegun(at.buffer)) co_return error;
  {
    Breaker idle(at.stream.socket());
    idle.Set(at.options.idle_timeout);
    at.place.BeginIdle(idle.Now());
    while (!error && !HasBegun(at.buffer)) error = co_await ReadSome(at);
    error = idle.Explain(error);
  }
  if (at.place.EndIdle()) co_return error;
  // Given to another meanwhile. What had arrived by then is a request all the same.
  if (!HasBegun(at.buffer) && HasArrived(at.stream.socket())) {
    Breaker deadline(at.stream.socket());  // under TLS it may be half a record, whose rest never comes
    deadline.Set(at.options.client_timeout);
    co_await ReadSome(at);
  }
  if (!HasBegun(at.buffer)) co_return asio::error::operation_aborted;
  at.place.TakeBack();
  co_return beast::error_code();
}

asio::awaitable<beast::error_code> ParseHead(Connection at, Parser& parser, bool& folded) {
  while (true) {
    beast::error_code error;
    const std::size_t bytes = parser.put(at.buffer.data(), error);
    folded = folded || HasFold(View(at.buffer).substr(0, bytes));
    at.buffer.consume(bytes);
    if (error && error != wire::error::need_more) co_return error;
    if (parser.is_header_done()) co_return beast::error_code();
    error = co_await ReadSome(at);
    if (error == asio::error::eof) co_return wire::error::partial_message;
    if (error) co_return error;
  }
}

}  // namespace

asio::awaitable<Refusal> Greet(Connection at) {
  if (!at.stream.secure()) co_return Refusal();
  Breaker deadline(at.stream.socket());
  deadline.Set(at.options.client_timeout);
  at.place.BeginIdle(deadline.Now());
  const auto [error] = co_await at.stream.Handshake();
  if (!at.place.EndIdle()) co_return Refusal{kSilence};
  if (!error) co_return Refusal();
  if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) != SSL_R_HTTP_REQUEST) co_return Refusal{kSilence};
  at.stream.GoClear();
  co_return kHttpsOnly;
}

asio::awaitable<Refusal> ReadHead(Connection at, Parser& parser) {
  at.stream.expires_never();
  beast::error_code error = co_await AwaitRequest(at);
  if (error) co_return RefusalOf(error, parser.get(), /*began=*/false);
  Breaker deadline(at.stream.socket());
  deadline.Set(at.options.client_timeout);
  bool folded = false;
  error = deadline.Explain(co_await ParseHead(at, parser, folded));
  if (error) co_return RefusalOf(error, parser.get(), /*began=*/true);
  co_return folded ? kFolded : CheckHead(parser.get(), at.options);
}

asio::awaitable<Refusal> ReadBody(Connection at, Parser& parser) {
  if (parser.is_done()) co_return Refusal();
  Breaker deadline(at.stream.socket());
  deadline.Set(at.options.client_timeout);
  const Head& head = parser.get();
  if (head.version() >= 11 && head.count(wire::field::expect) > 0) {
    wire::response<wire::empty_body> go_on{wire::status::continue_, head.version()};
    co_await wire::async_write(at.stream, go_on, kNoThrow);
  }
  const auto [error, bytes] = co_await wire::async_read(at.stream, at.buffer, parser, kNoThrow);
  co_return error ? RefusalOf(deadline.Explain(error), head, /*began=*/true) : Refusal();
}

}  // namespace ordersaga::http

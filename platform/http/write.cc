#include "platform/http/write.h"

#include <boost/beast/http.hpp>

#include "platform/http/hangup_watch.h"
#include "platform/http/no_throw.h"

namespace ordersaga::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

using asio::use_awaitable;
using asio::ip::tcp;

// A browser that has been here by HTTPS comes by nothing else for a year. Not by "localhost": there are other servers
// of that name.
bool IsStrict(const Wire& to, const Request& request) {
  const auto host = request.headers.find("host");
  return to.stream.secure() && host != request.headers.end() && host->second.substr(0, 9) != "localhost";
}

template <typename Body>
wire::response<Body> HeadOf(const Wire& to, const Request& request, const Response& response) {
  wire::response<Body> out{static_cast<wire::status>(response.status), to.version};
  out.set(wire::field::server, "ordersaga");
  out.set("X-Content-Type-Options", "nosniff");
  if (!response.content_type.empty()) out.set(wire::field::content_type, response.content_type);
  if (!request.request_id.empty()) out.set("X-Request-Id", request.request_id);
  if (IsStrict(to, request)) out.set(wire::field::strict_transport_security, "max-age=31536000");
  for (const auto& [name, value] : response.headers) out.insert(name, value);
  out.keep_alive(to.keep_alive);
  return out;
}

bool HasNoBody(int status) {
  return status == 204 || status == 304;
}

// Sends the pieces as they come, heartbeats in between. True: sent to its end.
asio::awaitable<bool> SendPieces(Wire to, const std::shared_ptr<ResponseStream>& body) {
  const auto ready = std::make_shared<asio::steady_timer>(co_await asio::this_coro::executor);
  ready->expires_at(asio::steady_timer::time_point::min());
  body->OnReady([weak = std::weak_ptr(ready), executor = ready->get_executor()] {
    asio::post(executor, [weak] {
      if (const auto timer = weak.lock()) timer->expires_at(asio::steady_timer::time_point::min());
    });
  });
  const HangupWatch watch(to.stream.socket(), [body] { body->End(); });
  const bool chunked = to.version >= 11;
  bool beat = false;
  while (!body->ended()) {
    const auto heartbeat = absl::ToChronoNanoseconds(body->options().heartbeat_every);
    // Armed before looking, so that what comes meanwhile is not slept over.
    ready->expires_after(heartbeat);
    ResponseStream::Piece piece = body->Take();
    if (piece.text.empty() && beat) piece.text = body->options().heartbeat;
    beat = false;
    if (!piece.text.empty()) {
      to.stream.expires_after(absl::ToChronoNanoseconds(to.timeout));
      const auto [error, bytes] =
          chunked ? co_await asio::async_write(to.stream, wire::make_chunk(asio::buffer(piece.text)), kNoThrow)
                  : co_await asio::async_write(to.stream, asio::buffer(piece.text), kNoThrow);
      to.stream.expires_never();
      if (error) co_return false;
      if (!piece.last) continue;
    }
    if (piece.last) {
      if (!chunked) co_return true;
      const auto [error, bytes] = co_await asio::async_write(to.stream, wire::make_chunk_last(), kNoThrow);
      co_return !error;
    }
    const auto [error] = co_await ready->async_wait(kNoThrow);
    beat = !error && ready->expiry() != asio::steady_timer::time_point::min();
  }
  co_return false;
}

asio::awaitable<bool> WriteStreamed(Wire to, const Request& request, const Response& response) {
  if (to.version < 11) to.keep_alive = false;  // the end of the connection is the end of the body
  auto out = HeadOf<wire::empty_body>(to, request, response);
  if (to.version >= 11) out.chunked(true);
  wire::response_serializer<wire::empty_body> serializer(out);
  to.stream.expires_after(absl::ToChronoNanoseconds(to.timeout));
  const auto [error, bytes] = co_await wire::async_write_header(to.stream, serializer, kNoThrow);
  to.stream.expires_never();
  bool complete = !error;
  if (complete && request.method != "HEAD") complete = co_await SendPieces(to, response.stream);
  response.stream->End();
  co_return complete&& to.keep_alive;
}

}  // namespace

asio::awaitable<bool> WriteResponse(Wire to, const Request& request, const Response& response) {
  if (response.stream != nullptr) co_return co_await WriteStreamed(to, request, response);
  auto out = HeadOf<wire::string_body>(to, request, response);
  out.body() = response.body;
  if (!HasNoBody(response.status)) out.prepare_payload();
  wire::response_serializer<wire::string_body> serializer(out);
  to.stream.expires_after(absl::ToChronoNanoseconds(to.timeout));
  beast::error_code error;
  if (request.method == "HEAD" || HasNoBody(response.status)) {
    std::tie(error, std::ignore) = co_await wire::async_write_header(to.stream, serializer, kNoThrow);
  } else {
    std::tie(error, std::ignore) = co_await wire::async_write(to.stream, serializer, kNoThrow);
  }
  co_return !error && to.keep_alive;
}

asio::awaitable<void> Linger(Stream& stream) {
  beast::error_code ignored;
  stream.expires_after(std::chrono::seconds(2));
  if (stream.secure()) co_await stream.SayGoodbye();
  stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  char rest[16384];
  while (true) {
    const auto [error, bytes] = co_await stream.tcp().async_read_some(asio::buffer(rest), kNoThrow);
    if (error) break;
  }
}

}  // namespace ordersaga::http

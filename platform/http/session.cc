#include "platform/http/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "platform/base/uuid.h"

namespace ordersaga::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

using asio::use_awaitable;
constexpr auto kNoThrow = asio::as_tuple(use_awaitable);
using Parser = wire::request_parser<wire::string_body>;

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// A request id from outside is used if it is harmless to log and to send back.
bool IsHarmless(const std::string& id) {
  return !id.empty() && id.size() <= 128 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

Request Convert(const wire::request<wire::string_body>& in, Shared& shared) {
  Request request;
  request.method = std::string(in.method_string());
  const std::string_view target(in.target().data(), in.target().size());
  request.path = std::string(target.substr(0, target.find('?')));
  for (const auto& field : in) {
    const auto [header, fresh] = request.headers.emplace(
        Lower({field.name_string().data(), field.name_string().size()}), std::string(field.value()));
    if (!fresh) header->second += ", " + std::string(field.value());
  }
  request.body = in.body();
  const auto id = request.headers.find("x-request-id");
  request.request_id = id != request.headers.end() && IsHarmless(id->second)
                           ? id->second
                           : Uuid::MakeV7(shared.clock.Now(), 0, shared.rng).ToString();
  return request;
}

// What a handler that answers later and the waiting coroutine have in common. Lives in the coroutine's frame: a handler
// may keep its Respond longer than the server lives, so that holds no more than a weak pointer.
struct Waiting {
  explicit Waiting(asio::any_io_executor on) : executor(std::move(on)), done(executor) {
    done.expires_at(asio::steady_timer::time_point::max());
  }
  asio::any_io_executor executor;
  asio::steady_timer done;  // expires when the answer is there
  Response response;
  bool answered = false;
};

void Deliver(const std::shared_ptr<Waiting>& waiting, Response response) {
  asio::post(waiting->executor, [waiting, response = std::move(response)]() mutable {
    if (std::exchange(waiting->answered, true)) return;
    waiting->response = std::move(response);
    // A time in the past: also a wait that begins later ends at once.
    waiting->done.expires_at(asio::steady_timer::time_point::min());
  });
}

// Waits for a handler's answer without holding a thread. The handler may answer at once or from any thread.
asio::awaitable<Response> Answered(const Handler& handler, const Request& request, Shared& shared) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto waiting = std::make_shared<Waiting>(executor);
  Respond respond = [gate = shared.gate, weak = std::weak_ptr(waiting)](Response response) {
    gate->Enter([&] {
      if (const auto found = weak.lock()) Deliver(found, std::move(response));
    });
  };
  handler(request, std::move(respond));
  co_await waiting->done.async_wait(kNoThrow);
  co_return std::move(waiting->response);
}

asio::awaitable<Response> Dispatch(Request& request, std::string_view target, Shared& shared) {
  const std::size_t question = target.find('?');
  const auto query = ParseQuery(question == std::string_view::npos ? "" : target.substr(question + 1));
  if (!query.has_value()) {
    co_return shared.error_page(400, "INVALID_REQUEST", "the query has a broken % escape", request);
  }
  request.query = *query;
  const Router::Match match = shared.router.Find(request.method, request.path);
  request.route = match.pattern;
  request.params = match.params;
  if (match.handler != nullptr) co_return co_await Answered(*match.handler, request, shared);
  if (match.allowed.empty()) {
    co_return shared.error_page(404, "NOT_FOUND", fmt::format("there is nothing at {}", request.path), request);
  }
  std::string allow;
  for (const std::string& method : match.allowed) allow += (allow.empty() ? "" : ", ") + method;
  Response response =
      shared.error_page(405, "METHOD_NOT_ALLOWED", fmt::format("{} allows {}", request.path, allow), request);
  response.headers.emplace_back("Allow", allow);
  co_return response;
}

struct Refusal {
  int status;
  const char* code;
  const char* detail;
};
constexpr Refusal kUriTooLong = {414, "URI_TOO_LONG", "the URI is too long"};

// One more in a count, for as long as it lives.
class Held {
 public:
  explicit Held(Count& count) : counter_(count), count_(count.Add(1)) {}
  ~Held() { counter_.Add(-1); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  int count() const { return count_; }

 private:
  Count& counter_;
  const int count_;
};

// What to answer when a request could not be read; status 0: nothing, the connection just ended.
Refusal Explain(const beast::error_code& error, bool started) {
  if (error == wire::error::body_limit) return {413, "BODY_TOO_LARGE", "the body is too large"};
  if (error == wire::error::header_limit || error == wire::error::buffer_overflow) {
    return {431, "HEADERS_TOO_LARGE", "the headers are too large"};
  }
  if (error == beast::error::timeout) {
    return started ? Refusal{408, "REQUEST_TIMEOUT", "the request took too long to arrive"} : Refusal{0, "", ""};
  }
  const bool malformed = error.category() == wire::make_error_code(wire::error::bad_method).category();
  if (malformed && error != wire::error::end_of_stream && error != wire::error::partial_message) {
    return {400, "MALFORMED_REQUEST", "the request is not well-formed HTTP/1.1"};
  }
  return {0, "", ""};
}

asio::awaitable<bool> Write(beast::tcp_stream& stream, const Request& request, const Response& response,
                            bool keep_alive, unsigned version) {
  wire::response<wire::string_body> out{static_cast<wire::status>(response.status), version};
  out.set(wire::field::server, "ordersaga");
  out.set(wire::field::content_type, response.content_type);
  if (!request.request_id.empty()) out.set("X-Request-Id", request.request_id);
  for (const auto& [name, value] : response.headers) out.insert(name, value);
  out.keep_alive(keep_alive);
  out.body() = response.body;
  out.prepare_payload();
  if (request.method == "HEAD") out.body().clear();  // the length stays
  wire::response_serializer<wire::string_body> serializer(out);
  beast::error_code error;
  if (request.method == "HEAD") {
    std::tie(error, std::ignore) = co_await wire::async_write_header(stream, serializer, kNoThrow);
  } else {
    std::tie(error, std::ignore) = co_await wire::async_write(stream, serializer, kNoThrow);
  }
  co_return !error && keep_alive;
}

// Reads headers, then body, each within its time. `started`: the first byte is there.
asio::awaitable<beast::error_code> ReadRequest(beast::tcp_stream& stream, beast::flat_buffer& buffer, Parser& parser,
                                               Shared& shared, bool& started) {
  beast::error_code error;
  if (buffer.size() == 0) {
    // Between requests: wait for the first byte as long as an idle connection may.
    stream.expires_after(absl::ToChronoNanoseconds(shared.options.idle_timeout));
    std::size_t bytes = 0;
    std::tie(error, bytes) = co_await stream.async_read_some(buffer.prepare(4096), kNoThrow);
    if (error) co_return error;
    buffer.commit(bytes);
  }
  started = true;
  stream.expires_after(absl::ToChronoNanoseconds(shared.options.header_timeout));
  std::tie(error, std::ignore) = co_await wire::async_read_header(stream, buffer, parser, kNoThrow);
  if (error) co_return error;
  stream.expires_after(absl::ToChronoNanoseconds(shared.options.body_timeout));
  const auto& head = parser.get();
  if (head[wire::field::expect] == "100-continue") {
    wire::response<wire::empty_body> go_on{wire::status::continue_, head.version()};
    co_await wire::async_write(stream, go_on, kNoThrow);
  }
  std::tie(error, std::ignore) = co_await wire::async_read(stream, buffer, parser, kNoThrow);
  co_return error;
}

// What is wrong with a request that Beast could read; status 0: nothing.
Refusal Check(const wire::request<wire::string_body>& in, const HttpOptions& options) {
  if (in.target().size() > options.max_uri) return kUriTooLong;
  if (in.version() >= 11 && in.count(wire::field::host) != 1) {
    return {400, "MALFORMED_REQUEST", "exactly one Host header is needed"};
  }
  const bool encoded = in.count(wire::field::transfer_encoding) > 0;
  if (encoded && in.count(wire::field::content_length) > 0) {
    return {400, "MALFORMED_REQUEST", "Content-Length and Transfer-Encoding exclude each other"};
  }
  if (encoded && !in.chunked()) {
    return {400, "MALFORMED_REQUEST", "the only Transfer-Encoding known here is chunked"};
  }
  return {0, "", ""};
}

// The headers were cut off at their limit: was it the first line that took the room?
bool IsFirstLineTooLong(const beast::flat_buffer& buffer, const HttpOptions& options) {
  const std::string_view text(static_cast<const char*>(buffer.data().data()), buffer.size());
  return std::min(text.find('\r'), text.size()) > options.max_uri;
}

asio::awaitable<bool> Serve(beast::tcp_stream& stream, beast::flat_buffer& buffer, Shared& shared) {
  Parser parser;
  parser.header_limit(shared.options.max_header);
  parser.body_limit(shared.options.max_body);
  bool started = false;
  const beast::error_code error = co_await ReadRequest(stream, buffer, parser, shared, started);
  const Held under_way(shared.requests);
  const absl::Duration begin = shared.clock.Monotonic();
  Request request = Convert(parser.get(), shared);
  Refusal refusal = error ? Explain(error, started) : Check(parser.get(), shared.options);
  if (error && refusal.status == 0) co_return false;
  if (refusal.status == 431 && IsFirstLineTooLong(buffer, shared.options)) refusal = kUriTooLong;
  Response response;
  bool keep_alive = false;
  if (refusal.status != 0) {
    response = shared.error_page(refusal.status, refusal.code, refusal.detail, request);
  } else {
    stream.expires_never();
    const std::string target(parser.get().target());
    response = co_await Dispatch(request, target, shared);
    keep_alive = parser.get().keep_alive() && !shared.draining;
  }
  stream.expires_after(absl::ToChronoNanoseconds(shared.options.body_timeout));
  const bool go_on = co_await Write(stream, request, response, keep_alive, parser.get().version());
  if (shared.observer) shared.observer(request, response, shared.clock.Monotonic() - begin);
  co_return go_on;
}

// What the client still sends is read for a moment, so that it gets to read our answer before a reset would wipe it
// out.
asio::awaitable<void> Linger(beast::tcp_stream& stream) {
  beast::error_code ignored;
  stream.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  stream.expires_after(std::chrono::seconds(2));
  char rest[16384];
  while (true) {
    const auto [error, bytes] = co_await stream.async_read_some(asio::buffer(rest), kNoThrow);
    if (error) break;
  }
}

}  // namespace

asio::awaitable<void> RunSession(beast::tcp_stream stream, Shared& shared) {
  const Held connection(shared.connections);
  if (connection.count() > static_cast<int>(shared.options.max_connections)) {
    const Request request;
    const Response response = shared.error_page(503, "TOO_MANY_CONNECTIONS", "too many connections", request);
    stream.expires_after(std::chrono::milliseconds(500));
    co_await Write(stream, request, response, false, 11);
  } else {
    constexpr std::size_t kBodyPiece = 8192;
    beast::flat_buffer buffer(shared.options.max_header + kBodyPiece);
    while (co_await Serve(stream, buffer, shared)) {
    }
  }
  co_await Linger(stream);
}

}  // namespace ordersaga::http

#include "platform/http/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "platform/base/uuid.h"
#include "platform/http/write.h"

namespace ordersaga::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

using asio::use_awaitable;
using asio::ip::tcp;
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

std::string NewRequestId(Shared& shared) {
  return Uuid::MakeV7(shared.clock.Now(), 0, shared.rng).ToString();
}

Request Convert(const wire::request<wire::string_body>& in, const std::string& client, Shared& shared) {
  Request request;
  request.client = client;
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
  request.request_id = id != request.headers.end() && IsHarmless(id->second) ? id->second : NewRequestId(shared);
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

// Breaks off what a socket waits for when its time is up, and leaves the socket open: the client gets to know. (The
// timeouts of Beast's streams close it.) Belongs to the session's strand.
class Deadline {
 public:
  explicit Deadline(tcp::socket& socket) : state_(std::make_shared<State>(socket)) {}
  ~Deadline() {
    state_->socket = nullptr;
    state_->timer.cancel();
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void Set(absl::Duration time) {
    state_->timer.expires_after(absl::ToChronoNanoseconds(time));
    state_->timer.async_wait([state = state_, number = ++state_->number](const beast::error_code& error) {
      // An old timer may be on its way here while a new one is set.
      if (error || state->socket == nullptr || number != state->number) return;
      state->passed = true;
      beast::error_code ignored;
      state->socket->cancel(ignored);
    });
  }
  // The error as it is, or `timeout` if that is why it came about.
  beast::error_code Explain(const beast::error_code& error) const {
    return error && state_->passed ? beast::error_code(beast::error::timeout) : error;
  }

 private:
  struct State {
    explicit State(tcp::socket& on) : socket(&on), timer(on.get_executor()) {}
    tcp::socket* socket;  // null: the deadline is gone, and perhaps the socket
    asio::steady_timer timer;
    int number = 0;
    bool passed = false;
  };
  const std::shared_ptr<State> state_;
};

// Reads headers, then body, each within its time. `started`: the first byte is there.
asio::awaitable<beast::error_code> ReadRequest(beast::tcp_stream& stream, beast::flat_buffer& buffer, Parser& parser,
                                               Shared& shared, bool& started) {
  beast::error_code error;
  std::size_t bytes = 0;
  stream.expires_never();
  Deadline deadline(stream.socket());
  if (buffer.size() == 0) {
    // Between requests: wait for the first byte as long as an idle connection may.
    deadline.Set(shared.options.idle_timeout);
    std::tie(error, bytes) = co_await stream.async_read_some(buffer.prepare(4096), kNoThrow);
    if (error) co_return deadline.Explain(error);
    buffer.commit(bytes);
  }
  started = true;
  deadline.Set(shared.options.header_timeout);
  std::tie(error, bytes) = co_await wire::async_read_header(stream, buffer, parser, kNoThrow);
  if (error) co_return deadline.Explain(error);
  if (parser.is_done()) co_return error;
  deadline.Set(shared.options.body_timeout);
  const auto& head = parser.get();
  if (head[wire::field::expect] == "100-continue") {
    wire::response<wire::empty_body> go_on{wire::status::continue_, head.version()};
    co_await wire::async_write(stream, go_on, kNoThrow);
  }
  std::tie(error, bytes) = co_await wire::async_read(stream, buffer, parser, kNoThrow);
  co_return deadline.Explain(error);
}

// What is wrong with a request that Beast could read; status 0: nothing.
Refusal Check(const wire::request<wire::string_body>& in, const HttpOptions& options) {
  if (static_cast<std::int64_t>(in.target().size()) > options.max_uri) return kUriTooLong;
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

Response TryLater(int status, const char* code, const char* detail, const Request& request, Shared& shared) {
  Response response = shared.error_page(status, code, detail, request);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

// Answers are held in place of those the server has no room for.
asio::awaitable<Response> Admit(Request& request, std::string_view target, Shared& shared) {
  const int waiting = shared.requests.value() - shared.streams.value();
  if (waiting > shared.options.max_requests) {
    co_return TryLater(503, "OVERLOADED", "too many requests are being answered", request, shared);
  }
  Response response = co_await Dispatch(request, target, shared);
  if (response.stream == nullptr) co_return response;
  if (shared.streams.value() < shared.options.max_streams) co_return response;
  response.stream->End();
  co_return TryLater(503, "TOO_MANY_STREAMS", "too many event streams are open", request, shared);
}

asio::awaitable<bool> Serve(beast::tcp_stream& stream, beast::flat_buffer& buffer, const std::string& client,
                            Shared& shared) {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(shared.options.max_header));
  parser.body_limit(static_cast<std::uint64_t>(shared.options.max_body));
  bool started = false;
  const beast::error_code error = co_await ReadRequest(stream, buffer, parser, shared, started);
  const Held under_way(shared.requests);
  const absl::Duration begin = shared.clock.Monotonic();
  Request request = Convert(parser.get(), client, shared);
  Refusal refusal = error ? Explain(error, started) : Check(parser.get(), shared.options);
  if (error && refusal.status == 0) co_return false;
  // The headers were cut off at their limit: was it the first line that took the room?
  if (refusal.status == 431 && parser.get().target().empty()) refusal = kUriTooLong;
  Response response;
  Wire wire{stream, parser.get().version(), false, shared.options.body_timeout};
  if (refusal.status != 0) {
    response = shared.error_page(refusal.status, refusal.code, refusal.detail, request);
  } else {
    stream.expires_never();
    const std::string target(parser.get().target());
    response = co_await Admit(request, target, shared);
    wire.keep_alive = parser.get().keep_alive() && !shared.draining;
  }
  const OpenStream open(shared, response.stream);
  const bool go_on = co_await WriteResponse(wire, request, response);
  if (shared.observer) shared.observer(request, response, shared.clock.Monotonic() - begin);
  co_return go_on && !shared.draining;
}

}  // namespace

void Streams::Add(const std::shared_ptr<ResponseStream>& stream) {
  absl::MutexLock lock(&mu_);
  open_.insert(stream);
  if (draining_) stream->Drain();
}

void Streams::Remove(const std::shared_ptr<ResponseStream>& stream) {
  absl::MutexLock lock(&mu_);
  open_.erase(stream);
}

int Streams::value() const {
  absl::MutexLock lock(&mu_);
  return static_cast<int>(open_.size());
}

void Streams::Drain() {
  absl::MutexLock lock(&mu_);
  draining_ = true;
  for (const auto& stream : open_) stream->Drain();
}

asio::awaitable<void> RunSession(beast::tcp_stream stream, Shared& shared) {
  const Held connection(shared.connections);
  beast::error_code ignored;
  const std::string client = stream.socket().remote_endpoint(ignored).address().to_string();
  const Neighbours neighbours(shared.addresses, client);
  Request request;
  request.request_id = NewRequestId(shared);
  const bool full = connection.count() > shared.options.max_connections;
  if (full || neighbours.count() > shared.options.max_connections_per_address) {
    const Response response =
        TryLater(full ? 503 : 429, "TOO_MANY_CONNECTIONS",
                 full ? "too many connections" : "too many connections from your address", request, shared);
    co_await WriteResponse({stream, 11, false, absl::Milliseconds(500)}, request, response);
    if (shared.observer) shared.observer(request, response, absl::ZeroDuration());
  } else {
    constexpr std::int64_t kBodyPiece = 8192;
    beast::flat_buffer buffer(static_cast<std::size_t>(shared.options.max_header + kBodyPiece));
    while (co_await Serve(stream, buffer, client, shared)) {
    }
  }
  co_await Linger(stream);
}

}  // namespace ordersaga::http

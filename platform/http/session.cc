// A connection's life: take a place or be turned away; under TLS the handshake; then request after request. One
// request: its head is read, then its body, each with its limits; what is refused there is answered by a page of its
// own. Otherwise the request is admitted, if the server has room for one more, finds its handler by method and path,
// and waits for the answer without a thread. The answer is written, the observer told, and the connection reads on,
// unless either side wants it closed.
#include "platform/http/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "platform/base/text.h"
#include "platform/base/uuid.h"
#include "platform/http/answer.h"
#include "platform/http/head.h"
#include "platform/http/read.h"
#include "platform/http/write.h"

namespace ordersaga::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

constexpr int kClientGone = 499;  // what proxies write into their logs for it; never sent

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

// A request id from outside is used if it is harmless to log and to send back.
bool IsHarmless(const std::string& id) {
  return !id.empty() && id.size() <= 128 && IsPrintableAscii(id) && id.find_first_of(" \"\\") == std::string::npos;
}

std::string NewRequestId(Shared& shared) {
  return Uuid::MakeV7(shared.clock.Now(), 0, shared.rng).ToString();
}

// The target as it is looked up; of a head that is refused, as far as it makes sense.
std::string TargetOf(const Head& head) {
  const std::string_view target(head.target().data(), head.target().size());
  return OriginForm(target).value_or(std::string(target));
}

// Without the body. Trailers come after it and are never merged into the headers.
Request ConvertHead(const Head& head, const std::string& client, Shared& shared) {
  Request request;
  request.client = client;
  request.method = std::string(head.method_string());
  const std::string target = TargetOf(head);
  request.path = target.substr(0, target.find('?'));
  for (const auto& field : head) {
    const auto [header, fresh] = request.headers.emplace(
        Lower({field.name_string().data(), field.name_string().size()}), std::string(field.value()));
    if (!fresh) header->second += ", " + std::string(field.value());
  }
  const auto id = request.headers.find("x-request-id");
  request.request_id = id != request.headers.end() && IsHarmless(id->second) ? id->second : NewRequestId(shared);
  return request;
}

// nullopt: the client has gone.
asio::awaitable<std::optional<Response>> Dispatch(std::shared_ptr<Work> work, std::string target, Connection at,
                                                  unsigned version, Shared& shared) {
  Request& request = work->request;
  const std::size_t question = target.find('?');
  const auto query = ParseQuery(question == std::string::npos ? "" : target.substr(question + 1));
  if (!query.has_value()) {
    co_return shared.error_page(400, "INVALID_REQUEST", "the query has a broken % escape", request);
  }
  request.query = *query;
  const Router::Match match = shared.router.Find(request.method, request.path);
  request.route = match.pattern;
  request.params = match.params;
  if (std::optional<Response> refused = shared.router.Refuse(request)) co_return std::move(refused);
  if (match.handler != nullptr) co_return co_await Answered(*match.handler, work, at, version, shared.gate);
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

Response TryLater(int status, const char* code, const char* detail, const Request& request, Shared& shared) {
  Response response = shared.error_page(status, code, detail, request);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

// Answers are held in place of those the server has no room for.
asio::awaitable<std::optional<Response>> Admit(std::shared_ptr<Work> work, std::string target, Connection at,
                                               unsigned version, Shared& shared) {
  const int waiting = shared.requests->value() - shared.streams.value();
  if (waiting > shared.options.max_requests) {
    co_return TryLater(503, "OVERLOADED", "too many requests are being answered", work->request, shared);
  }
  std::optional<Response> response = co_await Dispatch(work, target, at, version, shared);
  if (!response.has_value() || response->stream == nullptr) co_return response;
  if (shared.streams.value() < shared.options.max_streams) co_return response;
  response->stream->End();
  co_return TryLater(503, "TOO_MANY_STREAMS", "too many event streams are open", work->request, shared);
}

Response Refuse(const Refusal& refusal, const Request& request, Shared& shared) {
  Response response = shared.error_page(refusal.status, refusal.code, refusal.detail, request);
  if (refusal.status == 415) response.headers.emplace_back("Accept-Encoding", "identity");
  return response;
}

// One request. True: the connection can serve another.
asio::awaitable<bool> Serve(Connection at, const std::string& client, Shared& shared) {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(shared.options.max_header));
  parser.body_limit(static_cast<std::uint64_t>(shared.options.max_body));
  Refusal refusal = co_await ReadHead(at, parser);
  if (refusal.status == kSilence) co_return false;
  const Head& head = parser.get();
  Request request = ConvertHead(head, client, shared);
  if (refusal.status == 0) refusal = co_await ReadBody(at, parser);
  if (refusal.status == kSilence) co_return false;

  request.body = std::move(parser.get().body());
  const auto work = std::make_shared<Work>(shared.requests, std::move(request));
  const absl::Duration begin = shared.clock.Monotonic();
  std::optional<Response> response;
  Wire wire{at.stream, head.version(), false, shared.options.client_timeout};
  if (refusal.status != 0) {
    response = Refuse(refusal, work->request, shared);
  } else {
    at.stream.expires_never();
    response = co_await Admit(work, TargetOf(head), at, wire.version, shared);
    wire.keep_alive = head.keep_alive() && !shared.draining;
  }
  bool go_on = false;
  if (response.has_value()) {
    const OpenStream open(shared, response->stream);
    go_on = co_await WriteResponse(wire, work->request, *response);
    work->End();
  } else {
    response = Response{kClientGone, "", "", {}};
  }
  if (shared.observer) shared.observer(work->request, *response, shared.clock.Monotonic() - begin);
  co_return go_on && !shared.draining;
}

Response Full(Entry entry, const Request& request, Shared& shared) {
  const bool full = entry == Entry::kFull;
  return TryLater(full ? 503 : 429, "TOO_MANY_CONNECTIONS",
                  full ? "too many connections" : "too many connections from your address", request, shared);
}

// A connection that is not served. Under TLS it is not told why: that would take the handshake, which is the expensive
// part.
asio::awaitable<void> TurnAway(Stream& stream, const Request& request, const Response& response, Shared& shared) {
  if (!stream.secure()) co_await WriteResponse({stream, 11, false, absl::Milliseconds(500)}, request, response);
  if (shared.observer) shared.observer(request, response, absl::ZeroDuration());
}

// Request after request. False: the connection has gone, or must go at once.
asio::awaitable<bool> ServeAll(Stream& stream, Place& place, const std::string& client, Shared& shared) {
  constexpr std::int64_t kBodyPiece = 8192;
  beast::flat_buffer buffer(static_cast<std::size_t>(shared.options.max_header + kBodyPiece));
  const Connection at{stream, buffer, place, shared.options};
  const Refusal refusal = co_await Greet(at);
  if (refusal.status != 0) ++shared.handshakes_failed;
  if (refusal.status == kSilence) co_return false;
  if (refusal.status != 0) {
    Request request;
    request.request_id = NewRequestId(shared);
    co_await TurnAway(stream, request, Refuse(refusal, request, shared), shared);
    co_return true;
  }
  while (co_await Serve(at, client, shared)) {
  }
  // Made to leave: at once, for whoever has the place now.
  co_return place.taken();
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

asio::awaitable<void> RunSession(asio::ip::tcp::socket socket, Shared& shared) {
  beast::error_code ignored;
  Stream stream(std::move(socket), shared.tls == nullptr ? nullptr : shared.tls->Current());
  const std::string client = stream.socket().remote_endpoint(ignored).address().to_string();
  Place place(shared.places, client);
  if (place.entry() != Entry::kAdmitted) {
    Request request;
    request.request_id = NewRequestId(shared);
    co_await TurnAway(stream, request, Full(place.entry(), request, shared), shared);
  } else if (!co_await ServeAll(stream, place, client, shared)) {
    co_return;
  }
  co_await Linger(stream);
}

}  // namespace ordersaga::http

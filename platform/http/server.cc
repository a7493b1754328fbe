#include "platform/http/server.h"

#include <fmt/format.h>

#include <sys/resource.h>
#include <boost/asio.hpp>
#include <boost/json.hpp>
#include <thread>

#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/http/session.h"
#include "platform/runtime/heartbeat.h"
#include "platform/runtime/log.h"

namespace ordersaga::http {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Every connection is a file descriptor. A few more are for everything else.
void MakeRoomForConnections(std::int64_t connections) {
  constexpr rlim_t kOthers = 256;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = static_cast<rlim_t>(connections) + kOthers;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted) {
    LogWarn("the system allows fewer file descriptors than connections", {{"limit", std::to_string(limit.rlim_cur)}});
  }
}

}  // namespace

struct HttpServer::Impl {
  Impl(HttpOptions options, Router router, ErrorPage error_page, const Clock& clock, Rng& rng, Observer observer)
      : shared{std::move(options), std::move(router), std::move(error_page), clock, rng, std::move(observer)} {}

  asio::awaitable<void> Accept() {
    asio::steady_timer pause(acceptor.get_executor());
    while (acceptor.is_open()) {
      auto [error, socket] =
          co_await acceptor.async_accept(asio::make_strand(context), asio::as_tuple(asio::use_awaitable));
      if (error) {
        if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
        // The connection went before it was taken, or there are no descriptors left: do not spin.
        pause.expires_after(std::chrono::milliseconds(20));
        co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
        continue;
      }
      boost::system::error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      const auto executor = socket.get_executor();
      asio::co_spawn(executor, RunSession(std::move(socket), shared), asio::detached);
    }
  }

  // The loop is a thread that runs the context: as long as it does, this goes on.
  asio::awaitable<void> Beat() {
    Heartbeat heartbeat(shared.clock);
    asio::steady_timer pause(context);
    while (heartbeat.Wait() < absl::InfiniteDuration()) {
      heartbeat.Beat();
      pause.expires_after(absl::ToChronoMilliseconds(heartbeat.Wait()));
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  Shared shared;
  asio::io_context context;
  tcp::acceptor acceptor{asio::make_strand(context)};
  int port = 0;
  std::vector<std::thread> threads;
};

HttpServer::HttpServer(HttpOptions options, Router router, ErrorPage error_page, const Clock& clock, Rng& rng,
                       Observer observer)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(router), std::move(error_page), clock, rng,
                                   std::move(observer))) {}

HttpServer::~HttpServer() {
  Stop();
}

int HttpServer::port() const {
  return impl_->port;
}

absl::Time HttpServer::certificate_expires() const {
  return impl_->shared.tls == nullptr ? absl::InfiniteFuture() : impl_->shared.tls->expires();
}

int HttpServer::connections() const {
  return impl_->shared.places.taken();
}

int HttpServer::requests() const {
  return impl_->shared.requests->value();
}

int HttpServer::streams() const {
  return impl_->shared.streams.value();
}

std::int64_t HttpServer::handshakes_failed() const {
  return impl_->shared.handshakes_failed;
}

absl::Status HttpServer::Start() {
  if (impl_->acceptor.is_open()) return absl::OkStatus();
  const HttpOptions& options = impl_->shared.options;
  if (impl_->shared.tls != nullptr) {
    const absl::Status status = impl_->shared.tls->Read();
    if (!status.ok()) return BadRequest({{"https_folder", std::string(status.message())}});
  }
  MakeRoomForConnections(options.max_connections);
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.bind_address, error);
  const tcp::endpoint endpoint(address, static_cast<std::uint16_t>(options.port));
  if (!error) impl_->acceptor.open(endpoint.protocol(), error);
  if (!error) impl_->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) impl_->acceptor.bind(endpoint, error);
  if (!error) impl_->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    const char* next = error == asio::error::address_in_use ? " (`ss -ltnp` shows by whom)" : "";
    return MakeError(
        absl::StatusCode::kUnavailable, "PORT_TAKEN",
        fmt::format("cannot listen on {}:{}: {}{}", options.bind_address, options.port, error.message(), next));
  }
  impl_->port = impl_->acceptor.local_endpoint().port();
  asio::co_spawn(impl_->acceptor.get_executor(), impl_->Accept(), asio::detached);
  asio::co_spawn(impl_->context, impl_->Beat(), asio::detached);
  for (std::int64_t i = 0; i < options.threads; ++i) {
    impl_->threads.emplace_back([this] { impl_->context.run(); });
  }
  return absl::OkStatus();
}

void HttpServer::Drain() {
  if (impl_->threads.empty() || impl_->shared.draining.exchange(true)) return;
  asio::post(impl_->acceptor.get_executor(), [this] {
    boost::system::error_code ignored;
    impl_->acceptor.close(ignored);
  });
  impl_->shared.streams.Drain();
  impl_->shared.requests->AwaitZero(impl_->shared.options.drain);
}

void HttpServer::Stop() {
  impl_->shared.gate->Close();
  impl_->context.stop();
  for (std::thread& thread : impl_->threads) thread.join();
  impl_->threads.clear();
}

Response PlainErrorPage(int status, const std::string& code, const std::string& detail, const Request& /*request*/) {
  Response response;
  response.status = status;
  response.body = boost::json::serialize(boost::json::object{{"error", CleanText(detail)}, {"code", code}});
  return response;
}

}  // namespace ordersaga::http

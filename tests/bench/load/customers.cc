#include "tests/bench/load/customers.h"

#include <fmt/format.h>

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <memory>

namespace ordersaga::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view kId = "\"order_id\":\"";

std::string IdIn(const std::string& body) {
  const std::size_t at = body.find(kId);
  return at == std::string::npos ? std::string() : body.substr(at + kId.size(), 36);
}

using Stream = std::unique_ptr<beast::tcp_stream>;

asio::awaitable<bool> Connect(const Plan& plan, Stream& stream) {
  const auto executor = co_await asio::this_coro::executor;
  stream = std::make_unique<beast::tcp_stream>(executor);
  const asio::ip::tcp::endpoint gateway(asio::ip::make_address(plan.host),
                                        static_cast<std::uint16_t>(std::stoi(plan.port)));
  const auto [error] = co_await stream->async_connect(gateway, kNoThrow);
  if (error) co_return false;
  beast::error_code ignored;
  stream->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  co_return true;
}

// The answer's status, 0 if there was none; a broken connection is given up.
asio::awaitable<int> Post(const Plan& plan, Stream& stream, const std::string& body, std::string* order_id) {
  if (stream == nullptr && !co_await Connect(plan, stream)) {
    stream.reset();
    co_return 0;
  }
  wire::request<wire::string_body> request{wire::verb::post, "/api/v1/orders", 11};
  request.set(wire::field::host, plan.host);
  request.set(wire::field::content_type, "application/json");
  request.body() = body;
  request.prepare_payload();
  stream->expires_after(std::chrono::seconds(30));
  beast::flat_buffer buffer;
  wire::response<wire::string_body> response;
  const auto [write_error, written] = co_await wire::async_write(*stream, request, kNoThrow);
  if (!write_error) {
    const auto [read_error, read] = co_await wire::async_read(*stream, buffer, response, kNoThrow);
    if (!read_error) {
      if (!response.keep_alive()) stream.reset();
      *order_id = IdIn(response.body());
      co_return static_cast<int>(response.result_int());
    }
  }
  stream.reset();
  co_return 0;
}

}  // namespace

std::string BodyOf(const Plan& plan, std::int64_t n) {
  std::string item = fmt::format("bench-{:03}", n * 7919 % 200);
  std::string email = "bench@example.com";
  const auto place = n % 20;
  if (plan.mix == "hot") item = "bench-hot";
  if (plan.mix == "failures" && place < 2) email = "decline@card.test";
  if (plan.mix == "failures" && place >= 2 && place < 4) item = "no-such-product";
  if (plan.mix == "seedmix" && place == 0) item = "no-such-product";  // payment itself declines one in twenty
  return fmt::format(R"({{"item_id":"{}","quantity":1,"user_email":"{}"}})", item, email);
}

asio::awaitable<void> Customers::Await(Moment moment) {
  asio::steady_timer timer(context_, moment);
  co_await timer.async_wait(kNoThrow);
}

asio::awaitable<void> Customers::Work() {
  Stream stream;
  while (next_ < plan_.count()) {
    const std::int64_t n = next_++;
    Moment intended = began_ + std::chrono::duration_cast<Moment::duration>(
                                   std::chrono::duration<double>(static_cast<double>(n) / plan_.rate));
    if (plan_.serial) {
      while (ends_ < n) co_await ended_.async_wait(kNoThrow);
      intended = std::chrono::steady_clock::now();
      if (intended > began_ + std::chrono::duration<double>(plan_.seconds)) co_return;
    } else {
      co_await Await(intended);
    }
    last_intended_ = std::max(last_intended_, intended);
    const std::string body = BodyOf(plan_, n);
    std::string order_id;
    const int status = co_await Post(plan_, stream, body, &order_id);
    record_.Answered(intended, status, order_id);
    if (plan_.serial && status != 202) co_return;
  }
}

void Customers::Run(Moment began) {
  began_ = last_intended_ = began;
  ended_.expires_at(Moment::max());
  const int connections = plan_.serial ? 1 : plan_.connections;
  for (int i = 0; i < connections; ++i) asio::co_spawn(context_, Work(), asio::detached);
  context_.run();
}

void Customers::OrderEnded() {
  if (!plan_.serial) return;
  asio::post(context_, [this] {
    ++ends_;
    ended_.cancel();
  });
}

}  // namespace ordersaga::bench

#include "tests/bench/load/http_client.h"

#include <array>
#include <boost/asio.hpp>
#include <cstdlib>
#include <string_view>

namespace ordersaga::bench {
namespace {

namespace asio = boost::asio;
constexpr auto kPatience = std::chrono::seconds(75);  // longer than the gateway's own
constexpr std::string_view kLength = "Content-Length: ";

// Bytes of the whole answer as soon as its head is there, else 0.
std::size_t LengthOf(std::string_view text) {
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  const std::size_t at = text.substr(0, head).find(kLength);
  const std::size_t body =
      at == std::string_view::npos ? 0 : std::strtoul(text.data() + at + kLength.size(), nullptr, 10);
  return head + 4 + body;
}

}  // namespace

asio::awaitable<bool> HttpClient::Connect() {
  asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
  stream_ = std::make_unique<http::Stream>(std::move(socket), tls_);
  stream_->expires_after(kPatience);
  const auto [error] = co_await stream_->tcp().async_connect({asio::ip::make_address(host_), port_}, kNoThrow);
  if (error) co_return false;
  boost::system::error_code ignored;
  stream_->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (tls_ == nullptr) co_return true;
  const auto [refused] = co_await stream_->Handshake(asio::ssl::stream_base::client);
  co_return !refused;
}

asio::awaitable<HttpAnswer> HttpClient::Receive() {
  std::string text;
  std::array<char, 4096> buffer{};
  std::size_t length = 0;
  while (length == 0 || text.size() < length) {
    const auto [error, read] = co_await stream_->async_read_some(asio::buffer(buffer), kNoThrow);
    if (error) co_return HttpAnswer{};
    text.append(buffer.data(), read);
    length = LengthOf(text);
  }
  if (text.size() < 12) co_return HttpAnswer{};
  HttpAnswer answer{std::atoi(text.c_str() + 9), text.substr(text.find("\r\n\r\n") + 4)};  // "HTTP/1.1 202 ..."
  if (text.find("\r\nConnection: close") != std::string::npos) stream_.reset();
  co_return answer;
}

asio::awaitable<HttpAnswer> HttpClient::Send(const std::string& request) {
  if (stream_ == nullptr && !co_await Connect()) {
    stream_.reset();
    co_return HttpAnswer{};
  }
  stream_->expires_after(kPatience);
  const auto [error, written] = co_await asio::async_write(*stream_, asio::buffer(request), kNoThrow);
  HttpAnswer answer;
  if (!error) answer = co_await Receive();
  if (answer.status == 0) stream_.reset();
  co_return answer;
}

}  // namespace ordersaga::bench

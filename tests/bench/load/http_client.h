// One keep-alive connection that sends ready-made requests: no more of HTTP than a load generator needs.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <cstdint>
#include <memory>
#include <string>

namespace ordersaga::bench {

// co_await async_...(..., kNoThrow) returns the error beside the result.
inline constexpr auto kNoThrow = boost::asio::as_tuple(boost::asio::use_awaitable);

struct HttpAnswer {
  int status = 0;  // 0: there was none
  std::string body;
};

class HttpClient {
 public:
  HttpClient(std::string host, std::uint16_t port) : host_(std::move(host)), port_(port) {}

  // Connects first if need be. No answer within 75 s, or a broken connection: status 0, and the next call connects
  // anew.
  boost::asio::awaitable<HttpAnswer> Send(const std::string& request);

 private:
  boost::asio::awaitable<bool> Connect();
  boost::asio::awaitable<HttpAnswer> Receive();

  const std::string host_;
  const std::uint16_t port_;
  std::unique_ptr<boost::beast::tcp_stream> stream_;
};

}  // namespace ordersaga::bench

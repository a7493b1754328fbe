// One keep-alive connection that sends ready-made requests: no more of HTTP than a load generator needs.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "platform/http/stream.h"

namespace ordersaga::bench {

using http::kNoThrow;

struct HttpAnswer {
  int status = 0;  // 0: there was none
  std::string body;
};

class HttpClient {
 public:
  // `tls`: what it believes; null: in the clear.
  HttpClient(std::string host, std::uint16_t port, std::shared_ptr<boost::asio::ssl::context> tls)
      : host_(std::move(host)), port_(port), tls_(std::move(tls)) {}

  // Connects first if need be. No answer within 75 s, or a broken connection: status 0, and the next call connects
  // anew.
  boost::asio::awaitable<HttpAnswer> Send(const std::string& request);

 private:
  boost::asio::awaitable<bool> Connect();
  boost::asio::awaitable<HttpAnswer> Receive();

  const std::string host_;
  const std::uint16_t port_;
  const std::shared_ptr<boost::asio::ssl::context> tls_;
  std::unique_ptr<http::Stream> stream_;
};

}  // namespace ordersaga::bench

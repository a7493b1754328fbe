// A connection's bytes, in the clear or under TLS. What a session reads and writes.
#pragma once

#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/ssl.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "platform/http/no_throw.h"

namespace ordersaga::http {

// An AsyncStream of Asio's. Belongs to a session's strand. A read that ends because the client left without a goodbye
// fails with stream_truncated under TLS, with eof in the clear; HTTP's own framing tells what is complete.
class Stream {
 public:
  using executor_type = boost::beast::tcp_stream::executor_type;

  // `tls` null: in the clear.
  Stream(boost::asio::ip::tcp::socket socket, std::shared_ptr<boost::asio::ssl::context> tls)
      : tcp_(std::move(socket)), context_(std::move(tls)) {
    if (context_ != nullptr) tls_.emplace(tcp_, *context_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  executor_type get_executor() { return tcp_.get_executor(); }
  bool secure() const { return tls_.has_value(); }
  // The socket below: to wait on and to end, never to read or write what TLS would have to see.
  boost::asio::ip::tcp::socket& socket() { return tcp_.socket(); }
  boost::beast::tcp_stream& tcp() { return tcp_; }

  // For everything that follows; when it is over the connection is closed.
  void expires_after(std::chrono::nanoseconds time) { tcp_.expires_after(time); }
  void expires_never() { tcp_.expires_never(); }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return secure() ? tls_->async_read_some(buffers, std::forward<Token>(token))
                    : tcp_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return secure() ? tls_->async_write_some(buffers, std::forward<Token>(token))
                    : tcp_.async_write_some(buffers, std::forward<Token>(token));
  }

  // Under TLS only.
  auto Handshake(boost::asio::ssl::stream_base::handshake_type as = boost::asio::ssl::stream_base::server) {
    return tls_->async_handshake(as, kNoThrow);
  }
  auto SayGoodbye() { return tls_->async_shutdown(kNoThrow); }
  // The client speaks no TLS: answer it in the clear.
  void GoClear() { tls_.reset(); }

 private:
  boost::beast::tcp_stream tcp_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  std::optional<boost::beast::ssl_stream<boost::beast::tcp_stream&>> tls_;
};

}  // namespace ordersaga::http

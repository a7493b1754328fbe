// An HTTP/1.1 server on Boost.Beast: a few threads, any number of connections, handlers that answer when they like.
//
// Every connection is a coroutine; a request that waits for its answer holds no thread. Limits on sizes and times are
// part of the server; what is malformed gets a 4xx through the error page. HTTPS if it is given a certificate.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "platform/base/clock.h"
#include "platform/base/rng.h"
#include "platform/http/router.h"
#include "platform/runtime/service.h"

namespace ordersaga::http {

struct HttpOptions {
  std::string bind_address = "127.0.0.1";
  std::int64_t port = 8080;                         // 0 lets the system choose
  std::string https_folder;                         // with tls.crt and tls.key; empty: HTTP in the clear. See Tls
  std::int64_t threads = 1;                         // one serves thousands of requests a second; more wake each other
  std::int64_t max_connections = 4096;              // more: 503
  std::int64_t max_connections_per_address = 1024;  // more: 429
  std::int64_t max_requests = 2048;                 // being answered, streams apart; more: 503
  std::int64_t max_streams = 1024;                  // more: 503
  std::int64_t max_uri = 2048;                      // bytes; longer: 414
  std::int64_t max_header = 8192;                   // bytes of all headers; more: 431
  std::int64_t max_body = std::int64_t{64} * 1024;  // bytes; more: 413
  // From the first byte to the last header, then for the body (longer: 408), then for the client to take the answer.
  absl::Duration client_timeout = absl::Seconds(10);
  absl::Duration idle_timeout = absl::Seconds(30);  // between requests of one connection
  absl::Duration drain = absl::Seconds(10);         // how long Drain waits for requests under way
};

// Called after each answer, from any of the server's threads.
using Observer = std::function<void(const Request&, const Response&, absl::Duration)>;

class HttpServer final : public Service {
 public:
  HttpServer(HttpOptions options, Router router, ErrorPage error_page, const Clock& clock, Rng& rng,
             Observer observer = nullptr);
  ~HttpServer() override;

  // UNAVAILABLE (PORT_TAKEN) if the port cannot be had; INVALID_ARGUMENT if there is no certificate in the folder.
  absl::Status Start() override;
  // Accepts no more connections, answers with Connection: close, ends the streams and waits for the requests under way.
  void Drain() override;
  // Closes what is left. A handler may still respond afterwards: nobody hears it.
  void Stop() override;

  int port() const;
  // When the certificate ends that is shown; the infinite future without one.
  absl::Time certificate_expires() const;

  // How many there are now; any thread.
  int connections() const;
  int requests() const;  // being answered, streams among them
  int streams() const;
  std::int64_t handshakes_failed() const;  // since the start

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A plain JSON error page: {"error": detail, "code": code}.
Response PlainErrorPage(int status, const std::string& code, const std::string& detail, const Request& request);

}  // namespace ordersaga::http

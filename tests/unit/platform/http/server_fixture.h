// A server on a free port, its handlers, and a client that says whatever it is told to.
#pragma once

#include "platform/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio.hpp>

#include "absl/synchronization/notification.h"

namespace ordersaga::http {

namespace asio = boost::asio;
using asio::ip::tcp;

class Client {
 public:
  explicit Client(int port) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(port)});
  }
  void Send(const std::string& text) {
    boost::system::error_code ignored;  // it may have been refused already; the answer is still to be read
    asio::write(socket_, asio::buffer(text), ignored);
  }
  // Everything until the server closes.
  std::string ReadAll() {
    std::string text;
    boost::system::error_code error;
    while (!error) ReadSome(text, error);
    return text;
  }
  std::string ReadUntil(const std::string& end) {
    std::string text;
    boost::system::error_code error;
    while (!error && text.find(end) == std::string::npos) ReadSome(text, error);
    return text;
  }
  void Close() { socket_.close(); }
  void Reset() {
    socket_.set_option(asio::socket_base::linger(true, 0));
    socket_.close();
  }
  void SendNoMore() { socket_.shutdown(tcp::socket::shutdown_send); }

 private:
  void ReadSome(std::string& text, boost::system::error_code& error) {
    char buffer[4096];
    const std::size_t bytes = socket_.read_some(asio::buffer(buffer), error);
    text.append(buffer, bytes);
  }
  asio::io_context context_;
  tcp::socket socket_{context_};
};

inline std::string Get(const std::string& path, const std::string& more = "Connection: close\r\n") {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options.port = 0;
    options.client_timeout = absl::Milliseconds(200);
    options.idle_timeout = absl::Milliseconds(400);
    options.max_uri = 100;
    options.max_header = 1000;
    options.max_body = 100;
  }
  ~ServerTest() override {
    if (server != nullptr) server->Stop();
  }

  void Start() {
    Router router;
    router.Add("GET", "/", [](const Request& request, const Respond& respond) {
      respond({200, "text/plain", "hello " + request.request_id, {}});
    });
    router.Add("POST", "/", [](const Request& request, const Respond& respond) {
      respond({200, "text/plain", request.body, {}});
    });
    router.Add("GET", "/later", [this](const Request& request, const Respond& respond) {
      absl::MutexLock lock(&mu);
      held.push_back(respond);
      departures.push_back(request.departure);
    });
    router.Add("GET", "/stream", [this](const Request&, const Respond& respond) {
      ResponseStreamOptions stream_options;
      stream_options.heartbeat = "beat;";
      stream_options.heartbeat_every = absl::Milliseconds(50);
      stream_options.goodbye = "bye;";
      Response response{200, "text/plain", "", {}};
      {
        absl::MutexLock lock(&mu);
        stream = std::make_shared<ResponseStream>(stream_options);
        response.stream = stream;
      }
      respond(std::move(response));
    });
    server = std::make_unique<HttpServer>(options, std::move(router), PlainErrorPage, clock, rng,
                                          [this](const Request&, const Response& response, absl::Duration) {
                                            absl::MutexLock lock(&mu);
                                            ++observed[response.status];
                                          });
    ASSERT_TRUE(server->Start().ok());
  }
  std::string Exchange(const std::string& request) {
    Client client(server->port());
    client.Send(request);
    return client.ReadAll();
  }
  // Whether it is so within ten seconds.
  bool Comes(const std::function<bool()>& condition) {
    const absl::Duration begin = clock.Monotonic();
    while (!condition() && clock.Monotonic() - begin < absl::Seconds(10)) std::this_thread::yield();
    return condition();
  }
  int Observed(int status) {
    absl::MutexLock lock(&mu);
    return observed[status];
  }
  std::size_t AwaitHeld(std::size_t count) {
    absl::MutexLock lock(&mu);
    const auto enough = [&] { return held.size() >= count; };
    mu.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10));
    return held.size();
  }
  std::shared_ptr<ResponseStream> AwaitStream() {
    absl::MutexLock lock(&mu);
    const auto there = [&] { return stream != nullptr; };
    mu.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(10));
    return stream;
  }

  SystemClock clock;
  SystemRng rng;
  HttpOptions options;
  absl::Mutex mu;
  std::vector<Respond> held;
  std::vector<std::shared_ptr<Departure>> departures;  // of the requests held
  std::map<int, int> observed;                         // how many answers by status
  std::shared_ptr<ResponseStream> stream;
  std::unique_ptr<HttpServer> server;
};

}  // namespace ordersaga::http

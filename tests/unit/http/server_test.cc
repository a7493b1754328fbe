// The server over real sockets: what limits do, what malformed bytes get, how it ends.
#include "platform/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio.hpp>

#include "absl/synchronization/notification.h"

namespace ordersaga::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
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

 private:
  void ReadSome(std::string& text, boost::system::error_code& error) {
    char buffer[4096];
    const std::size_t bytes = socket_.read_some(asio::buffer(buffer), error);
    text.append(buffer, bytes);
  }
  asio::io_context context_;
  tcp::socket socket_{context_};
};

std::string Get(const std::string& path, const std::string& more = "Connection: close\r\n") {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    options.port = 0;
    options.header_timeout = absl::Milliseconds(200);
    options.body_timeout = absl::Milliseconds(200);
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
    router.Add("GET", "/later", [this](const Request&, const Respond& respond) {
      absl::MutexLock lock(&mu);
      held.push_back(respond);
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
    server = std::make_unique<HttpServer>(options, std::move(router), PlainErrorPage, clock, rng);
    ASSERT_TRUE(server->Start().ok());
  }
  std::string Exchange(const std::string& request) {
    Client client(server->port());
    client.Send(request);
    return client.ReadAll();
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
  std::shared_ptr<ResponseStream> stream;
  std::unique_ptr<HttpServer> server;
};

TEST_F(ServerTest, AnswersAndPassesTheRequestIdThrough) {
  Start();
  const std::string answer = Exchange(Get("/", "X-Request-Id: abc\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("X-Request-Id: abc"));
  EXPECT_THAT(answer, HasSubstr("hello abc"));
}

TEST_F(ServerTest, AnswersARowOfRequestsInTheirOrder) {
  Start();
  const std::string answer = Exchange(Get("/", "X-Request-Id: a\r\n") + Get("/", "X-Request-Id: b\r\n") + Get("/nope"));
  EXPECT_LT(answer.find("hello a"), answer.find("hello b"));
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 404"));
}

TEST_F(ServerTest, RefusesWhatIsTooLarge) {
  Start();
  EXPECT_THAT(Exchange(Get("/" + std::string(200, 'a'))), StartsWith("HTTP/1.1 414"));
  EXPECT_THAT(Exchange(Get("/", "A: " + std::string(2000, 'a') + "\r\n")), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n"), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(
      Exchange("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n80\r\n" + std::string(128, 'a')),
      StartsWith("HTTP/1.1 413"));
}

TEST_F(ServerTest, RefusesWhatTwoReadersCouldReadInTwoWays) {
  Start();
  for (const char* request : {
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
           "GET / HTTP/1.1\nHost: x\n\n",
           "GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
           "GET / HTTP/1.1\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
           "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
       }) {
    EXPECT_THAT(Exchange(request), StartsWith("HTTP/1.1 400")) << request;
  }
}

TEST_F(ServerTest, SlowHeadersAndSlowBodiesGet408) {
  Start();
  EXPECT_THAT(Exchange("GET / HTTP/1.1\r\nHost:"), StartsWith("HTTP/1.1 408"));
  EXPECT_THAT(Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhalf"), StartsWith("HTTP/1.1 408"));
}

TEST_F(ServerTest, ASilentConnectionIsClosedWithoutAWord) {
  Start();
  Client client(server->port());
  EXPECT_EQ(client.ReadAll(), "");
}

TEST_F(ServerTest, ARequestThatWaitsForItsAnswerIsNotIdle) {
  options.idle_timeout = absl::Milliseconds(50);
  options.header_timeout = absl::Milliseconds(50);
  options.threads = 1;
  Start();
  Client waiting(server->port());
  waiting.Send(Get("/later"));
  ASSERT_EQ(AwaitHeld(1), 1U);
  // Others are served meanwhile, by the one thread there is, for longer than any timeout.
  const absl::Duration begin = clock.Monotonic();
  while (clock.Monotonic() - begin < absl::Milliseconds(200)) {
    EXPECT_THAT(Exchange(Get("/")), StartsWith("HTTP/1.1 200"));
  }
  held[0]({200, "text/plain", "late", {}});
  EXPECT_THAT(waiting.ReadAll(), HasSubstr("late"));
}

TEST_F(ServerTest, TooManyConnectionsGet503) {
  options.max_connections = 2;
  options.idle_timeout = absl::Seconds(30);
  Start();
  Client one(server->port());
  Client two(server->port());
  one.Send(Get("/", ""));
  two.Send(Get("/", ""));
  one.ReadUntil("hello");
  two.ReadUntil("hello");
  const std::string answer = Client(server->port()).ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1"));
}

TEST_F(ServerTest, TooManyConnectionsOfOneAddressGet429AndRoomComesBack) {
  options.max_connections_per_address = 1;
  options.idle_timeout = absl::Seconds(30);
  Start();
  {
    Client one(server->port());
    one.Send(Get("/", ""));
    one.ReadUntil("hello");
    const std::string answer = Client(server->port()).ReadAll();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 429"));
    EXPECT_THAT(answer, HasSubstr("TOO_MANY_CONNECTIONS"));
  }
  const absl::Duration begin = clock.Monotonic();
  std::string answer;
  while (answer.find("200") == std::string::npos && clock.Monotonic() - begin < absl::Seconds(10)) {
    answer = Exchange(Get("/"));
  }
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, TooManyRequestsAtOnceGet503) {
  options.max_requests = 1;
  Start();
  Client waiting(server->port());
  waiting.Send(Get("/later"));
  ASSERT_EQ(AwaitHeld(1), 1U);
  EXPECT_THAT(Exchange(Get("/")), HasSubstr("OVERLOADED"));
  held[0]({200, "text/plain", "late", {}});
  EXPECT_THAT(waiting.ReadAll(), HasSubstr("late"));
  EXPECT_THAT(Exchange(Get("/")), StartsWith("HTTP/1.1 200"));
}

TEST_F(ServerTest, StreamsPiecesHeartbeatsAndTheEnd) {
  Start();
  Client client(server->port());
  client.Send(Get("/stream", ""));
  AwaitStream()->Write("one;");
  EXPECT_THAT(client.ReadUntil("one;"), HasSubstr("Transfer-Encoding: chunked"));
  client.ReadUntil("beat;");
  AwaitStream()->Write("two;");
  client.ReadUntil("two;");
  AwaitStream()->Close();
  client.ReadUntil("0\r\n\r\n");
  client.Send(Get("/"));
  EXPECT_THAT(client.ReadAll(), HasSubstr("hello")) << "the connection goes on";
}

TEST_F(ServerTest, AStreamThatNobodyReadsAnyMoreEnds) {
  Start();
  Client client(server->port());
  client.Send(Get("/stream"));
  absl::Notification gone;
  AwaitStream()->OnEnd([&] { gone.Notify(); });
  AwaitStream()->Write("one;");
  client.ReadUntil("one;");
  client.Close();
  EXPECT_TRUE(gone.WaitForNotificationWithTimeout(absl::Seconds(10)));
}

TEST_F(ServerTest, TooManyStreamsGet503) {
  options.max_streams = 1;
  Start();
  Client first(server->port());
  first.Send(Get("/stream"));
  AwaitStream()->Write("one;");
  first.ReadUntil("one;");
  EXPECT_THAT(Exchange(Get("/stream")), HasSubstr("TOO_MANY_STREAMS"));
}

TEST_F(ServerTest, ADrainAnswersWhatIsUnderWayAndSaysGoodbyeToStreams) {
  Start();
  Client waiting(server->port());
  waiting.Send(Get("/later", ""));
  ASSERT_EQ(AwaitHeld(1), 1U);
  Client listening(server->port());
  listening.Send(Get("/stream", ""));
  AwaitStream()->Write("one;");
  listening.ReadUntil("one;");
  std::thread drain([&] { server->Drain(); });
  EXPECT_THAT(listening.ReadAll(), HasSubstr("bye;"));
  held[0]({200, "text/plain", "late", {}});
  const std::string answer = waiting.ReadAll();
  EXPECT_THAT(answer, HasSubstr("late"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  drain.join();
}

TEST_F(ServerTest, AnAnswerAfterTheServerHasGoneIsHeardByNobody) {
  Start();
  Client waiting(server->port());
  waiting.Send(Get("/later"));
  ASSERT_EQ(AwaitHeld(1), 1U);
  server->Stop();
  server = nullptr;
  held[0]({200, "text/plain", "late", {}});
}

}  // namespace
}  // namespace ordersaga::http

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
    while (!condition() && clock.Monotonic() - begin < absl::Seconds(10)) absl::SleepFor(absl::Milliseconds(1));
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
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: , chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
           "POST / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n",
           "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
           "GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nIdempotency-Key: a\r\nidempotency-key: a\r\nContent-Length: 0\r\n\r\n",
           "GET http:///  HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET http:/// HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET later HTTP/1.1\r\nHost: x\r\n\r\n",
       }) {
    const std::string answer = Exchange(request + Get("/", "X-Request-Id: second\r\n"));
    EXPECT_EQ(answer.substr(0, 7), "HTTP/1.") << request;
    EXPECT_EQ(answer.substr(8, 4), " 400") << request;
    EXPECT_EQ(answer.find("second"), std::string::npos) << "what follows is nobody's request: " << request;
  }
}

TEST_F(ServerTest, ABodyEndsWhereItSaysAndTheNextRequestBeginsThere) {
  Start();
  const std::string answer = Exchange(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Request-Id: trailer\r\n\r\n" +
      Get("/", "X-Request-Id: second\r\nConnection: close\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nabcHTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("hello second"));
  EXPECT_EQ(answer.find("X-Request-Id: trailer"), std::string::npos) << "a trailer is no header";
}

TEST_F(ServerTest, TakesTheFormsThatAnHttpServerHasToTake) {
  Start();
  const std::string host = " HTTP/1.1\r\nHost: x\r\nX-Request-Id: id\r\nConnection: close\r\n\r\n";
  for (const std::string& request :
       {"GET http://x/" + host, "GET http://x" + host, "GET HTTP://x:80?a=b" + host, "GET https://x/?a=b" + host,
        "\r\nGET /" + host, "\r\n\r\nGET /" + host,
        std::string(
            "GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: id\r\nConnection: close\r\nExpect: 100-Continue\r\n\r\n"),
        std::string("GET / HTTP/1.0\r\nX-Request-Id: id\r\nExpect: nonsense\r\n\r\n"),
        std::string("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: id\r\nConnection: close\r\n") +
            "Content-Encoding: Identity\r\n\r\n"}) {
    EXPECT_THAT(Exchange(request), HasSubstr("hello id")) << request;
  }
}

TEST_F(ServerTest, EmptyLinesDoNotMakeAConnectionBusy) {
  Start();
  Client client(server->port());
  client.Send("\r\n\r\n\r");
  EXPECT_EQ(client.ReadAll(), "") << "no request has begun, so none took too long";
}

TEST_F(ServerTest, RefusesExpectationsAndEncodingsItDoesNotKnow) {
  Start();
  EXPECT_THAT(Exchange("POST / HTTP/1.1\r\nHost: x\r\nExpect: nonsense\r\nContent-Length: 1\r\n\r\n"),
              StartsWith("HTTP/1.1 417"));
  const std::string encoded =
      Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n");
  EXPECT_THAT(encoded, StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(encoded, HasSubstr("Accept-Encoding: identity"));
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
  Start();
  Client one(server->port());
  Client two(server->port());
  one.Send(Get("/later"));
  two.Send(Get("/later"));
  ASSERT_EQ(AwaitHeld(2), 2U);
  const std::string answer = Client(server->port()).ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1"));
  for (const Respond& respond : held) respond({200, "text/plain", "late", {}});
  EXPECT_THAT(one.ReadAll(), HasSubstr("late")) << "a request under way is nobody's place";
  EXPECT_THAT(two.ReadAll(), HasSubstr("late"));
}

TEST_F(ServerTest, TooManyConnectionsOfOneAddressGet429AndRoomComesBack) {
  options.max_connections_per_address = 1;
  Start();
  Client one(server->port());
  one.Send(Get("/later"));
  ASSERT_EQ(AwaitHeld(1), 1U);
  const std::string answer = Client(server->port()).ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 429"));
  EXPECT_THAT(answer, HasSubstr("TOO_MANY_CONNECTIONS"));
  held[0]({200, "text/plain", "late", {}});
  EXPECT_THAT(one.ReadAll(), HasSubstr("late"));
  one.Close();
  EXPECT_TRUE(Comes([&] { return Exchange(Get("/")).substr(0, 12) == "HTTP/1.1 200"; }));
}

TEST_F(ServerTest, WhoHasBeenIdleLongestGivesWay) {
  options.max_connections = 2;
  options.idle_timeout = absl::Seconds(30);
  Start();
  Client silent(server->port());
  ASSERT_TRUE(Comes([&] { return server->connections() == 1; }));
  Client served(server->port());
  served.Send(Get("/", ""));
  served.ReadUntil("hello");
  EXPECT_THAT(Exchange(Get("/")), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(silent.ReadAll(), "") << "closed without a word";
  ASSERT_TRUE(Comes([&] { return server->connections() == 1; }));
  served.Send(Get("/"));
  EXPECT_THAT(served.ReadAll(), HasSubstr("hello")) << "it had been idle for less long";
}

TEST_F(ServerTest, WhoHasBeenIdleLongestGivesWayToANeighbour) {
  options.max_connections_per_address = 1;
  options.idle_timeout = absl::Seconds(30);
  Start();
  Client silent(server->port());
  ASSERT_TRUE(Comes([&] { return server->connections() == 1; }));
  EXPECT_THAT(Exchange(Get("/")), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(silent.ReadAll(), "");
}

TEST_F(ServerTest, WhoHasBegunARequestDoesNotGiveWay) {
  options.max_connections = 1;
  options.header_timeout = absl::Seconds(30);
  Start();
  Client begun(server->port());
  begun.Send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(Comes([&] { return Exchange(Get("/")).substr(0, 12) == "HTTP/1.1 503"; })) << "once the line has arrived";
}

TEST_F(ServerTest, AClientThatGoesFreesItsPlaceAndTellsTheHandler) {
  options.max_connections_per_address = 1;
  options.max_requests = 2;
  Start();
  for (const bool abrupt : {false, true}) {
    Client waiting(server->port());
    waiting.Send(Get("/later"));
    absl::Notification told;
    ASSERT_EQ(AwaitHeld(1), 1U);
    departures.back()->Then([&] { told.Notify(); });
    abrupt ? waiting.Reset() : waiting.Close();
    EXPECT_TRUE(told.WaitForNotificationWithTimeout(absl::Seconds(10)));
    EXPECT_TRUE(Comes([&] { return server->connections() == 0; }));
    EXPECT_THAT(Exchange(Get("/")), StartsWith("HTTP/1.1 200"));
    EXPECT_EQ(server->requests(), 1) << "what the handler still does counts";
    EXPECT_EQ(Observed(499), abrupt ? 2 : 1);
    held[0]({200, "text/plain", "late", {}});
    EXPECT_TRUE(Comes([&] { return server->requests() == 0; }));
    held.clear();
  }
}

TEST_F(ServerTest, AClientThatGoesBeforeItsStreamBeginsEndsTheStream) {
  Start();
  Client waiting(server->port());
  waiting.Send(Get("/later"));
  ASSERT_EQ(AwaitHeld(1), 1U);
  absl::Notification told;
  departures.back()->Then([&] { told.Notify(); });
  waiting.Close();
  ASSERT_TRUE(told.WaitForNotificationWithTimeout(absl::Seconds(10)));
  Response response{200, "text/plain", "", {}};
  response.stream = std::make_shared<ResponseStream>(ResponseStreamOptions());
  held[0](response);
  EXPECT_TRUE(Comes([&] { return response.stream->ended(); }));
}

TEST_F(ServerTest, AClientThatOnlySendsNoMoreIsAnsweredHoweverLongItTakes) {
  Start();
  Client waiting(server->port());
  waiting.Send(Get("/later", "") + Get("/", "X-Request-Id: ahead\r\n"));
  ASSERT_EQ(AwaitHeld(1), 1U);
  waiting.SendNoMore();
  EXPECT_THAT(waiting.ReadUntil("\r\n\r\n"), StartsWith("HTTP/1.1 100")) << "it is asked whether it is there";
  held[0]({200, "text/plain", "late", {}});
  const std::string answers = waiting.ReadAll();
  EXPECT_THAT(answers, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answers, HasSubstr("hello ahead"));
}

TEST_F(ServerTest, WhatAClientSendsAheadIsNoGoodbye) {
  Start();
  Client waiting(server->port());
  waiting.Send(Get("/later", "Connection: keep-alive\r\n"));
  ASSERT_EQ(AwaitHeld(1), 1U);
  std::string ahead;  // more than is read ahead
  for (int i = 0; i < 400; ++i) ahead += Get("/", "X-Request-Id: ahead-" + std::to_string(i) + "\r\n");
  waiting.Send(ahead + Get("/nope"));
  const absl::Duration begin = clock.Monotonic();
  while (clock.Monotonic() - begin < absl::Milliseconds(300)) Exchange(Get("/"));  // longer than a moment
  held[0]({200, "text/plain", "late", {}});
  const std::string answers = waiting.ReadAll();
  EXPECT_THAT(answers, HasSubstr("late"));
  EXPECT_THAT(answers, HasSubstr("hello ahead-399"));
  EXPECT_THAT(answers, HasSubstr("HTTP/1.1 404"));
  EXPECT_EQ(answers.find("100 Continue"), std::string::npos);
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
  for (const absl::Duration watched : {absl::ZeroDuration(), absl::Milliseconds(200)}) {
    Start();
    Client waiting(server->port());
    waiting.Send(Get("/later"));
    ASSERT_EQ(AwaitHeld(1), 1U);
    const absl::Duration begin = clock.Monotonic();
    while (clock.Monotonic() - begin < watched) Exchange(Get("/"));
    const std::weak_ptr<Departure> departure = departures.back();
    departures.clear();
    departure.lock()->Then([respond = held[0]] {});  // holds what holds it
    server->Stop();
    server = nullptr;
    held[0]({200, "text/plain", "late", {}});
    held.clear();
    EXPECT_TRUE(departure.expired()) << "nothing of the request is left";
  }
}

}  // namespace
}  // namespace ordersaga::http

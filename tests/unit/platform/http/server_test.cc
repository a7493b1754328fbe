// The server over real sockets: what limits do, what malformed bytes get, how it ends.
#include "tests/unit/platform/http/server_fixture.h"

namespace ordersaga::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

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
  options.client_timeout = absl::Milliseconds(50);
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

}  // namespace
}  // namespace ordersaga::http

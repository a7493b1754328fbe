// Places over real sockets: who gets one, who gives one up, and what becomes of clients that go.
#include "tests/unit/platform/http/server_fixture.h"

namespace ordersaga::http {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

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
  options.client_timeout = absl::Seconds(30);
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

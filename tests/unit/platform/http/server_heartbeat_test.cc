// A server whose loop hangs is not heard of by the supervisor.
#include "tests/unit/platform/http/server_fixture.h"
#include "tests/unit/platform/runtime/listening_supervisor.h"

namespace ordersaga::http {
namespace {

TEST_F(ServerTest, ALoopThatHangsDoesNotBeat) {
  ListeningSupervisor supervisor("@ordersaga-server-test-" + std::to_string(getpid()), ListeningSupervisor::kPatience);
  absl::Notification frozen;
  absl::Notification go_on;
  Router router;
  router.Add("GET", "/", [&](const Request&, const Respond& respond) {
    frozen.Notify();
    go_on.WaitForNotification();
    respond({200, "text/plain", "late", {}});
  });
  server = std::make_unique<HttpServer>(options, std::move(router), PlainErrorPage, clock, rng);
  ASSERT_TRUE(server->Start().ok());
  supervisor.ExpectBeats();
  supervisor.ExpectBeats();
  Client client(server->port());
  client.Send(Get("/"));
  frozen.WaitForNotification();
  supervisor.ExpectNone();
  go_on.Notify();
  supervisor.ExpectBeats();
  EXPECT_THAT(client.ReadAll(), ::testing::HasSubstr("late"));
}

}  // namespace
}  // namespace ordersaga::http

#include "platform/http/health.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "platform/base/error.h"
#include "tests/unit/platform/http/server_fixture.h"

namespace ordersaga::http {
namespace {

class HealthTest : public ServerTest {
 protected:
  // A server whose /readyz answers so.
  int Serve(int status, const std::string& body) {
    Router router;
    router.Add("GET", "/readyz", [=](const Request& /*unused*/, const Respond& respond) {
      respond({status, "text/plain", body, {}});
    });
    server = std::make_unique<HttpServer>(options, std::move(router), PlainErrorPage, clock, rng);
    EXPECT_TRUE(server->Start().ok());
    return server->port();
  }
};

TEST_F(HealthTest, ReadyIsOk) {
  const int port = Serve(200, "[+] database ok\nok\n");
  EXPECT_TRUE(AskHealth("127.0.0.1", port).ok());
  EXPECT_TRUE(AskHealth("0.0.0.0", port).ok());
}

TEST_F(HealthTest, NotReadySaysWhyOnOneLine) {
  const absl::Status status = AskHealth("127.0.0.1", Serve(503, "[-] database failed: it is away\nnot ready\n"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(MessageOf(status), "[-] database failed: it is away; not ready");
}

TEST_F(HealthTest, NobodyThereIsSaid) {
  const int port = Serve(200, "ok\n");
  server.reset();
  EXPECT_EQ(MessageOf(AskHealth("127.0.0.1", port)),
            "nobody answers at 127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

// A process that is stopped still has its port: the system accepts for it.
TEST_F(HealthTest, WhoAcceptsAndSaysNothingIsNotWaitedForLong) {
  asio::io_context context;
  tcp::acceptor silent(context, {asio::ip::make_address("127.0.0.1"), 0});
  const int port = silent.local_endpoint().port();
  EXPECT_EQ(MessageOf(AskHealth("127.0.0.1", port)), "127.0.0.1:" + std::to_string(port) + " does not answer");
}

}  // namespace
}  // namespace ordersaga::http

#include "platform/http/admin.h"

#include <fmt/format.h>

#include "platform/base/error.h"
#include "platform/runtime/version.h"

namespace ordersaga::http {
namespace {

Response Text(int status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body), {}};
}

HttpOptions AdminOptions(std::string bind_address, int port) {
  HttpOptions options;
  options.bind_address = std::move(bind_address);
  options.port = port;
  options.max_connections = 64;
  return options;
}

}  // namespace

Response Readiness(const std::vector<ReadinessCheck>& checks, bool draining, bool verbose) {
  bool ready = !draining;
  std::string lines = draining ? "[-] draining\n" : "";
  for (const ReadinessCheck& check : checks) {
    const absl::Status status = check.check();
    ready = ready && status.ok();
    lines += status.ok() ? fmt::format("[+] {} ok\n", check.name)
                         : fmt::format("[-] {} failed: {}\n", check.name, MessageOf(status));
  }
  return Text(ready ? 200 : 503, (verbose || !ready ? lines : "") + (ready ? "ok\n" : "not ready\n"));
}

AdminServer::AdminServer(std::string bind_address, int port, const Metrics& metrics, std::vector<ReadinessCheck> checks,
                         const Clock& clock, Rng& rng)
    : checks_(std::move(checks)),
      server_(AdminOptions(std::move(bind_address), port), MakeRouter(metrics), PlainErrorPage, clock, rng) {}

Router AdminServer::MakeRouter(const Metrics& metrics) {
  Router router;
  router.Add("GET", "/livez", [](const Request&, const Respond& respond) { respond(Text(200, "ok\n")); });
  router.Add("GET", "/readyz", [this](const Request& request, const Respond& respond) {
    respond(Readiness(checks_, draining_, request.query.contains("verbose")));
  });
  router.Add("GET", "/metrics", [&metrics](const Request&, const Respond& respond) {
    respond({200, "text/plain; version=0.0.4; charset=utf-8", metrics.Text(), {}});
  });
  router.Add("GET", "/version",
             [](const Request&, const Respond& respond) { respond(Text(200, std::string(kVersionText) + "\n")); });
  return router;
}

}  // namespace ordersaga::http

// gateway: the REST side of ordersaga. Needs the orchestrator; keeps nothing of its own.
#include <fmt/format.h>

#include "gateway/api/problem.h"
#include "gateway/api/routes.h"
#include "platform/base/error.h"
#include "platform/http/admin.h"
#include "platform/http/process_options.h"
#include "platform/rpc/channel.h"
#include "platform/runtime/process.h"

using namespace ordersaga;  // NOLINT(google-build-using-namespace): main only

int main(int argc, char** argv) {
  BlockSignals();
  http::ProcessOptions process;
  process.log.service = "gateway";
  process.server_port = 8080;
  process.admin_port = 9080;
  std::string orchestrator_address = "127.0.0.1:50050";
  absl::Duration request_timeout = absl::Seconds(10);
  http::HttpOptions http_options;
  std::int64_t max_connections = static_cast<std::int64_t>(http_options.max_connections);
  Config config("gateway", "The REST side of ordersaga.",
                "Examples:\n  gateway\n  gateway --server-port 8081 --orchestrator-address 127.0.0.1:50050\n"
                "  curl -d '{\"item_id\":\"product-001\",\"quantity\":2,\"user_email\":\"ann@example.com\"}' "
                "localhost:8080/api/v1/orders\n");
  http::AddProcessConfig(config, &process);
  config.Add("orchestrator_address", &orchestrator_address, "the orchestrator's gRPC address");
  config.Add("request_timeout", &request_timeout, absl::Milliseconds(100), absl::Minutes(5),
             "how long a request may wait for the orchestrator before 503 or 504");
  config.Add("max_connections", &max_connections, 1, 1'000'000, "connections at once; more get 503");
  if (const auto code = config.Load(argc, argv)) return *code;
  if (const absl::Status status = InitLogging(process.log); !status.ok()) {
    fmt::print(stderr, "gateway: {}\n", MessageOf(status));
    return 2;
  }

  SystemClock clock;
  SystemRng rng;
  Metrics metrics;
  prometheus::Histogram& durations =
      metrics.Histogram("ordersaga_http_request_duration_seconds", "Time to answer", DurationBuckets());
  TimerThread timers(clock);
  gateway::OrderClient orders(rpc::MakeChannel(orchestrator_address), request_timeout, timers, clock, rng);
  const std::vector<http::ReadinessCheck> checks = {{"orchestrator", [&] { return orders.Reachable(); }}};

  http::Router router;
  gateway::AddRoutes(router, orders, clock, rng);
  router.Add("GET", "/livez", [](const http::Request&, const http::Respond& respond) {
    respond({200, "text/plain; charset=utf-8", "ok\n", {}});
  });
  router.Add("GET", "/readyz", [&](const http::Request& request, const http::Respond& respond) {
    respond(http::Readiness(checks, false, request.query.contains("verbose")));
  });
  http_options.bind_address = process.bind_address;
  http_options.port = static_cast<int>(process.server_port);
  http_options.max_connections = static_cast<std::size_t>(max_connections);
  http::HttpServer server(http_options, std::move(router), gateway::ProblemPage, clock, rng,
                          [&](const http::Request& request, const http::Response& response, absl::Duration took) {
                            durations.Observe(absl::ToDoubleSeconds(took));
                            LogDebug("request", {{"method", request.method},
                                                 {"route", request.route},
                                                 {"status", std::to_string(response.status)},
                                                 {"ms", fmt::format("{:.1f}", absl::ToDoubleMilliseconds(took))},
                                                 {"request_id", request.request_id}});
                          });
  http::AdminServer admin(process.bind_address, static_cast<int>(process.admin_port), metrics, checks, clock, rng);
  return RunUntilSignal({&admin, &timers, &server}, process.drain_timeout);
}

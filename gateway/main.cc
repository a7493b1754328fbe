// gateway: the REST side of ordersaga. Needs the orchestrator; reads from payment and inventory; keeps nothing.
#include <fmt/format.h>

#include "gateway/api/problem.h"
#include "gateway/api/routes.h"
#include "gateway/settings.h"
#include "platform/base/error.h"
#include "platform/http/admin.h"
#include "platform/rpc/channel.h"
#include "platform/runtime/process.h"

using namespace ordersaga;           // NOLINT(google-build-using-namespace): main only
using namespace ordersaga::gateway;  // NOLINT(google-build-using-namespace)

namespace {

constexpr char kExamples[] =
    "Examples:\n  gateway\n  gateway --server-port 8081 --orchestrator-address 127.0.0.1:50050\n"
    "  curl -d '{\"item_id\":\"product-001\",\"quantity\":2,\"user_email\":\"ann@example.com\"}' "
    "localhost:8080/api/v1/orders\n";

http::Observer Observe(Metrics& metrics) {
  prometheus::Histogram& durations =
      metrics.Histogram("ordersaga_http_request_duration_seconds", "Time to answer", DurationBuckets());
  return [&durations](const http::Request& request, const http::Response& response, absl::Duration took) {
    if (response.stream == nullptr) durations.Observe(absl::ToDoubleSeconds(took));
    LogDebug("request", {{"method", request.method},
                         {"route", request.route},
                         {"status", std::to_string(response.status)},
                         {"ms", fmt::format("{:.1f}", absl::ToDoubleMilliseconds(took))},
                         {"request_id", request.request_id}});
  };
}

}  // namespace

int main(int argc, char** argv) {
  BlockSignals();
  Settings settings;
  Config config("gateway", "The REST side of ordersaga.", kExamples);
  AddConfig(config, &settings);
  if (const auto code = config.Load(argc, argv)) return *code;
  if (const absl::Status status = InitLogging(settings.process.log); !status.ok()) {
    fmt::print(stderr, "gateway: {}\n", MessageOf(status));
    return 2;
  }

  SystemClock clock;
  SystemRng rng;
  Metrics metrics;
  TimerThread timers(clock);
  const BackendTools backend{timers, clock, rng, settings.request_timeout};
  const auto orchestrator = rpc::MakeChannel(settings.orchestrator_address);
  Backend<order::v1::OrderService> orders("the orchestrator", orchestrator, backend);
  Backend<saga::v1::SagaAdminService> sagas("the orchestrator", orchestrator, backend);
  Backend<payment::v1::PaymentService> payments("payment", rpc::MakeChannel(settings.payment_address), backend);
  Backend<inventory::v1::InventoryService> inventory("inventory", rpc::MakeChannel(settings.inventory_address),
                                                     backend);
  OrderWatches watches(orders);
  RouteTools tools{orders, sagas, payments, inventory, watches, clock, rng};
  tools.limits = settings.input;
  tools.longest_wait = settings.longest_wait;
  tools.heartbeat = settings.heartbeat;

  const std::vector<http::ReadinessCheck> checks = {{"orchestrator", [&] { return orders.Reachable(); }}};
  http::AdminServer admin(settings.process.bind_address, static_cast<int>(settings.process.admin_port), metrics, checks,
                          clock, rng);
  http::Router router;
  AddOrderRoutes(router, tools);
  AddEventRoute(router, tools);
  AddProductRoutes(router, tools);
  AddPageRoutes(router);
  router.Add("GET", "/livez", [](const http::Request&, const http::Respond& respond) {
    respond({200, "text/plain; charset=utf-8", "ok\n", {}});
  });
  router.Add("GET", "/readyz", [&](const http::Request& request, const http::Respond& respond) {
    respond(http::Readiness(checks, admin.draining(), request.query.contains("verbose")));
  });
  http::HttpServer server(ToHttpOptions(settings), std::move(router), ProblemPage, clock, rng, Observe(metrics));
  // Drained from the last to the first: not ready any more, nobody waits any longer, then the requests under way.
  return RunUntilSignal({&timers, &server, &watches, &admin}, settings.process.drain_timeout);
}

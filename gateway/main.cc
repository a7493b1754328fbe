// gateway: the REST side of ordersaga. Needs the orchestrator; reads from payment and inventory; keeps nothing.
#include <fmt/format.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "gateway/api/callers.h"
#include "gateway/api/problem.h"
#include "gateway/api/request_metrics.h"
#include "gateway/api/routes.h"
#include "gateway/api/site.h"
#include "gateway/settings.h"
#include "platform/http/admin.h"
#include "platform/rpc/identity.h"
#include "platform/rpc/replicas.h"
#include "platform/runtime/process.h"
#include "policy/rules.h"

using namespace ordersaga;           // NOLINT(google-build-using-namespace): main only
using namespace ordersaga::gateway;  // NOLINT(google-build-using-namespace)

namespace {

constexpr char kExamples[] =
    "Examples:\n  gateway\n  gateway --server-port 8081 --orchestrator-address 127.0.0.1:50050\n"
    "  curl -d '{\"item_id\":\"product-001\",\"quantity\":2,\"user_email\":\"ann@example.com\"}' "
    "localhost:8080/api/v1/orders\n";

void ExportServer(Metrics& metrics, const http::HttpServer& server) {
  metrics.Read("ordersaga_http_connections", "Open connections",
               [&] { return static_cast<double>(server.connections()); });
  metrics.Read("ordersaga_http_requests_in_flight", "Requests being answered, streams among them",
               [&] { return static_cast<double>(server.requests()); });
  if (server.certificate_expires() != absl::InfiniteFuture()) {
    metrics.Read("ordersaga_https_certificate_expires_timestamp_seconds",
                 "When the certificate that clients are shown ends",
                 [&] { return absl::ToDoubleSeconds(server.certificate_expires() - absl::UnixEpoch()); });
    metrics.Read("ordersaga_https_handshakes_failed", "TLS handshakes that came to nothing",
                 [&] { return static_cast<double>(server.handshakes_failed()); });
  }
  metrics.Read("ordersaga_http_streams", "Open event streams", [&] { return static_cast<double>(server.streams()); });
}

int Refused(const absl::Status& why) {
  fmt::print(stderr, "gateway: {}\n", MessageOf(why));
  return 2;
}

void SayWhatIsOpen(const Settings& settings, bool knows_keys) {
  if (!knows_keys) return LogInfo("no API keys are in force: whoever is on this machine may use every route");
  if (!settings.open_routes.empty()) LogWarn("routes need no API key", {{"routes", settings.open_routes}});
  if (settings.http.https_folder.empty())
    LogWarn("API keys come in the clear, from the proxy in front or this machine");
}

}  // namespace

int main(int argc, char** argv) {
  PrepareProcess();
  Settings settings;
  Config config("gateway", "The REST side of ordersaga.", kExamples);
  AddConfig(config, &settings);
  if (const auto code = http::BeginProcess(config, settings.process, argc, argv)) return *code;

  const rpc::Identity identity("gateway", settings.process.tls_folder, {});
  if (const auto code = identity.Refused()) return *code;
  if (const absl::Status status = CheckOpen(settings); !status.ok()) return Refused(status);

  SystemClock clock;
  SystemRng rng;
  Metrics metrics;
  TimerThread timers(clock);
  const BackendTools backend{timers, clock, rng, settings.request_timeout};
  const rpc::Replicas orchestrators(settings.orchestrator_address, identity.To("orchestrator"));
  const rpc::Replicas payment_replicas(settings.payment_address, identity.To("payment"));
  const rpc::Replicas inventory_replicas(settings.inventory_address, identity.To("inventory"));
  Backend<order::v1::OrderService> orders("the orchestrator", orchestrators, backend);
  Backend<saga::v1::SagaAdminService> sagas("the orchestrator", orchestrators, backend);
  Backend<event::v1::EventService> events("the orchestrator", orchestrators, backend);
  Backend<identity::v1::IdentityService> identities("the orchestrator", orchestrators, backend);
  Backend<payment::v1::PaymentService> payments("payment", payment_replicas, backend);
  Backend<inventory::v1::InventoryService> inventory("inventory", inventory_replicas, backend);
  OrderWatches watches(orders);
  RouteTools tools{orders, sagas, events, payments, inventory, watches, clock, rng};
  tools.longest_wait = settings.longest_wait;
  tools.heartbeat = settings.heartbeat;

  const std::vector<http::ReadinessCheck> checks = {{"orchestrator", [&] { return orders.Reachable(); }}};
  http::AdminServer admin(settings.process.bind_address, static_cast<int>(settings.process.admin_port), metrics, checks,
                          clock, rng);
  RequestMetrics requests(metrics);
  http::Router router;
  Callers callers(policy::Routes(), absl::StrSplit(settings.open_routes, ',', absl::SkipEmpty()),
                  identity.proves() ? &identities : nullptr, settings.client_rate, clock);
  router.Behind(
      [&](const std::string& name, http::Handler handler) { return callers.Guard(name, std::move(handler)); });
  const std::vector<std::string> names =
      absl::StrSplit(absl::AsciiStrToLower(settings.allowed_hosts), ',', absl::SkipEmpty());
  router.Before([names](const http::Request& request) -> std::optional<http::Response> {
    const absl::Status status = CheckSite(request, names);
    return status.ok() ? std::nullopt : std::optional(Problem(status, request));
  });
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
  if (const absl::Status status = callers.Check(); !status.ok()) return Refused(status);
  SayWhatIsOpen(settings, identity.proves());
  http::HttpServer server(ToHttpOptions(settings), std::move(router), ProblemPage, clock, rng,
                          [&](const http::Request& request, const http::Response& response, absl::Duration took) {
                            requests.Record(request, response, took);
                          });
  ExportServer(metrics, server);
  // Drained from the last to the first: not ready any more, nobody waits any longer, then the requests under way.
  return RunUntilSignal({&timers, &server, &watches, &admin}, settings.process.drain_timeout);
}

// loyalty-service: points for customers, over gRPC. Needs PostgreSQL and nothing else. For tests.
#include "platform/http/admin.h"
#include "platform/http/process_options.h"
#include "platform/participant/shell/participant.h"
#include "platform/participant/shell/readiness.h"
#include "platform/pg/config.h"
#include "platform/pg/schema.h"
#include "platform/rpc/identity.h"
#include "platform/rpc/server.h"
#include "platform/runtime/address.h"
#include "platform/runtime/process.h"
#include "tests/integration/platform/participant/loyalty_points.h"
#include "tests/loyalty/loyalty_service.h"

using namespace ordersaga;  // NOLINT(google-build-using-namespace): main only

int main(int argc, char** argv) {
  PrepareProcess();
  http::ProcessOptions process;
  process.log.service = "loyalty";
  process.server_port = 50054;
  process.admin_port = 9054;
  pg::SessionOptions session{"postgres://loyalty_db:loyalty_db@127.0.0.1:5432/loyalty_db", "loyalty"};
  Config config("loyalty-service", "Points for customers.", "Examples:\n  loyalty-service\n");
  http::AddServiceConfig(config, &process);
  pg::AddDatabaseConfig(config, &session, "the service's own PostgreSQL database");
  pg::MigrateSettings migrate;
  pg::AddMigrateConfig(config, &migrate);
  participant::TurnSettings turns;
  participant::AddTurnConfig(config, &turns);
  if (const auto code = http::BeginProcess(config, process, argc, argv)) return *code;

  const rpc::Identity identity("loyalty", process.tls_folder,
                               {{"ordersaga.loyalty.v1.LoyaltyService/Grant", {"orchestrator"}},
                                {"ordersaga.loyalty.v1.LoyaltyService/Return", {"orchestrator"}}});
  if (const auto code = identity.Refused()) return *code;

  SystemClock clock;
  const pg::Migrations migrations = ::loyalty::Migrations();
  if (const auto code = pg::RunMigrate(config, migrate, session, migrations, clock)) return *code;
  SystemRng rng;
  Metrics metrics;
  pg::Schema schema(session, migrations, migrate, clock);
  ::loyalty::Points effects;
  participant::Participant points("loyalty", turns.With(session), clock, effects);
  ordersaga::loyalty::LoyaltyServiceImpl service(points);
  participant::DatabaseWatch watch(session, clock, schema, [&] { return points.loop().trouble(); });
  rpc::Served<ordersaga::loyalty::v1::LoyaltyService> served(identity.guard(), service);
  rpc::RpcServer server({.address = HostPort(process.bind_address, process.server_port),
                         .reflection = process.reflection,
                         .identity = &identity,
                         .ready = [&] { return watch.Check().ok(); }},
                        {&served});
  http::AdminServer admin(process.bind_address, static_cast<int>(process.admin_port), metrics,
                          {{"database", [&] { return watch.Check(); }}}, clock, rng);
  return RunUntilSignal({&admin, &schema, &watch, &points, &server}, process.drain_timeout);
}

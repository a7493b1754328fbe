// inventory-service: the catalogue and its stock, over gRPC. Needs PostgreSQL and nothing else.
#include "platform/http/admin.h"
#include "platform/http/process_options.h"
#include "platform/participant/shell/housekeeping.h"
#include "platform/participant/shell/participant.h"
#include "platform/participant/shell/readiness.h"
#include "platform/pg/config.h"
#include "platform/pg/schema.h"
#include "platform/rpc/identity.h"
#include "platform/rpc/server.h"
#include "platform/runtime/address.h"
#include "platform/runtime/process.h"
#include "policy/rules.h"
#include "services/inventory/api/inventory_service.h"
#include "services/inventory/store/schema.h"
#include "services/inventory/store/stock_effects.h"

using namespace ordersaga;  // NOLINT(google-build-using-namespace): main only

int main(int argc, char** argv) {
  PrepareProcess();
  http::ProcessOptions process;
  process.log.service = "inventory";
  process.server_port = 50052;
  process.admin_port = 9052;
  pg::SessionOptions session{"postgres://inventory_db:inventory_db@127.0.0.1:5432/inventory_db", "inventory"};
  Config config("inventory-service", "The catalogue and its stock.",
                "Examples:\n  inventory-service\n  DATABASE_URL=postgres://... inventory-service --server-port 50052\n"
                "  grpcurl -plaintext localhost:50052 ordersaga.inventory.v1.InventoryService/ListProducts\n");
  http::AddServiceConfig(config, &process);
  pg::AddDatabaseConfig(config, &session, "the service's own PostgreSQL database");
  pg::MigrateSettings migrate;
  pg::AddMigrateConfig(config, &migrate);
  participant::TurnSettings turns;
  participant::AddTurnConfig(config, &turns);
  if (const auto code = http::BeginProcess(config, process, argc, argv)) return *code;
  const rpc::Identity identity("inventory", process.tls_folder, policy::Rules());
  if (const auto code = identity.Refused()) return *code;

  SystemClock clock;
  const pg::Migrations migrations = inventory::InventoryMigrations();
  if (const auto code = pg::RunMigrate(config, migrate, session, migrations, clock)) return *code;
  SystemRng rng;
  Metrics metrics;
  pg::Schema schema(session, migrations, migrate, clock);
  inventory::StockEffects stock;
  participant::Participant reservations("inventory", turns.With(session), clock, stock);
  pg::PqxxPool reads(session, 2, 1000);
  pg::SessionPool restocks(session, 1, 1000);
  inventory::InventoryServiceImpl service(reservations, reads, restocks);
  participant::DatabaseWatch watch(session, clock, schema, [&] { return reservations.loop().trouble(); });
  rpc::Served<inventory::v1::InventoryService> served(identity.guard(), service);
  rpc::RpcServer server({.address = HostPort(process.bind_address, process.server_port),
                         .reflection = process.reflection,
                         .identity = &identity,
                         .ready = [&] { return watch.Check().ok(); }},
                        {&served});
  identity.Export(metrics);
  participant::ExportTurns(metrics, "inventory", reservations.loop());
  participant::Housekeeping housekeeping(session);
  http::AdminServer admin(process.bind_address, static_cast<int>(process.admin_port), metrics,
                          {{"database", [&] { return watch.Check(); }}}, clock, rng);
  return RunUntilSignal({&admin, &schema, &watch, &housekeeping, &reservations, &reads, &restocks, &server},
                        process.drain_timeout);
}

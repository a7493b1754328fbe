// inventory-service: the catalogue and its stock, over gRPC. Needs PostgreSQL and nothing else.
#include <fmt/format.h>

#include "inventory_migrations.embed.h"
#include "platform/http/admin.h"
#include "platform/http/process_options.h"
#include "platform/participant/readiness.h"
#include "platform/pg/schema.h"
#include "platform/rpc/server.h"
#include "platform/runtime/process.h"
#include "services/inventory/api/inventory_service.h"

using namespace ordersaga;  // NOLINT(google-build-using-namespace): main only

int main(int argc, char** argv) {
  BlockSignals();
  http::ProcessOptions process;
  process.log.service = "inventory";
  process.server_port = 50052;
  process.admin_port = 9052;
  std::string database_url = "postgres://inventory_db:inventory_db@127.0.0.1:5432/inventory_db";
  Config config("inventory-service", "The catalogue and its stock.",
                "Examples:\n  inventory-service\n  DATABASE_URL=postgres://... inventory-service --server-port 50052\n"
                "  grpcurl -plaintext localhost:50052 ordersaga.inventory.v1.InventoryService/ListProducts\n");
  http::AddProcessConfig(config, &process);
  config.AddUrl("database_url", &database_url, "the service's own PostgreSQL database");
  if (const auto code = config.Load(argc, argv)) return *code;
  if (const absl::Status status = InitLogging(process.log); !status.ok()) {
    fmt::print(stderr, "inventory-service: {}\n", MessageOf(status));
    return 2;
  }

  SystemClock clock;
  SystemRng rng;
  Metrics metrics;
  const pg::SessionOptions session{database_url, "inventory"};
  pg::Schema schema(session,
                    [](pg::Session& s) { return pg::Migrate(s, participant::WithEffects(kInventoryMigrations)); });
  inventory::InventoryTurn turn;
  inventory::Loop loop({session}, clock,
                       {[&](pg::Tx& tx, std::vector<inventory::Item>& items) { return turn.Handle(tx, items); },
                        [](inventory::Item& item) { item.done(item.outcome); },
                        [](inventory::Item& item, const absl::Status& status) {
                          inventory::Outcome outcome;
                          outcome.status = status;
                          item.done(outcome);
                        },
                        "inventory"});
  pg::SessionPool reads(session, 2, 1000);
  inventory::InventoryServiceImpl service(loop, reads);
  rpc::RpcServer server({fmt::format("{}:{}", process.bind_address, process.server_port)},
                        {{inventory::v1::InventoryService::service_full_name(), &service}});
  participant::DatabaseWatch watch(session, clock);
  participant::ExportTurns(metrics, "inventory", loop);
  http::AdminServer admin(process.bind_address, static_cast<int>(process.admin_port), metrics,
                          {{"database", [&] { return watch.Check(schema.ready()); }}}, clock, rng);
  return RunUntilSignal({&admin, &schema, &watch, &loop, &reads, &server}, process.drain_timeout);
}

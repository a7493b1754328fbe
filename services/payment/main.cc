// payment-service: charges and refunds, over gRPC. Needs PostgreSQL and nothing else.
#include "platform/http/admin.h"
#include "platform/http/process_options.h"
#include "platform/participant/shell/housekeeping.h"
#include "platform/participant/shell/readiness.h"
#include "platform/pg/config.h"
#include "platform/pg/schema.h"
#include "platform/rpc/identity.h"
#include "platform/rpc/server.h"
#include "platform/runtime/address.h"
#include "platform/runtime/process.h"
#include "policy/rules.h"
#include "services/payment/api/payment_service.h"
#include "services/payment/domain/simulator.h"
#include "services/payment/store/charge_effects.h"
#include "services/payment/store/schema.h"

using namespace ordersaga;  // NOLINT(google-build-using-namespace): main only

int main(int argc, char** argv) {
  PrepareProcess();
  http::ProcessOptions process;
  process.log.service = "payment";
  process.server_port = 50051;
  process.admin_port = 9051;
  pg::SessionOptions session{"postgres://payment_db:payment_db@127.0.0.1:5432/payment_db", "payment"};
  payment::SimulatorOptions simulator;
  Config config("payment-service", "Charges and refunds, through a simulated provider.",
                "Examples:\n  payment-service\n  PAYMENT_LATENCY=0s PAYMENT_DECLINE_RATE=0 payment-service\n"
                "  grpcurl -plaintext localhost:50051 list\n");
  http::AddServiceConfig(config, &process);
  pg::AddDatabaseConfig(config, &session, "the service's own PostgreSQL database");
  config.Add("payment_latency", &simulator.latency, absl::ZeroDuration(), absl::Minutes(10),
             "how long the simulated provider takes");
  config.Add("payment_timeout", &simulator.timeout, absl::Milliseconds(1), absl::Minutes(10),
             "after which a provider that is silent counts as unknown");
  config.Add("payment_decline_rate", &simulator.decline_rate, 0.0, 1.0, "the part of all charges that is declined");
  config.Add("payment_seed", &simulator.seed, "another seed declines other charges");
  pg::MigrateSettings migrate;
  pg::AddMigrateConfig(config, &migrate);
  participant::TurnSettings turns;
  participant::AddTurnConfig(config, &turns);
  if (const auto code = http::BeginProcess(config, process, argc, argv)) return *code;
  const rpc::Identity identity("payment", process.tls_folder, policy::Rules());
  if (const auto code = identity.Refused()) return *code;

  SystemClock clock;
  const pg::Migrations migrations = payment::PaymentMigrations();
  if (const auto code = pg::RunMigrate(config, migrate, session, migrations, clock)) return *code;
  SystemRng rng;
  Metrics metrics;
  pg::Schema schema(session, migrations, migrate, clock);
  TimerThread timers(clock);
  payment::Simulator provider(simulator, timers);
  payment::ChargeEffects effects(provider);
  participant::Participant charges("payment", turns.With(session), clock, effects);
  pg::PqxxPool reads(session, 2, 1000);
  payment::PaymentServiceImpl payment_service(charges, reads);
  payment::RefundServiceImpl refund_service(charges, reads);
  participant::DatabaseWatch watch(session, clock, schema, [&] { return charges.loop().trouble(); });
  rpc::Served<payment::v1::PaymentService> payments(identity.guard(), payment_service);
  rpc::Served<payment::v1::RefundService> refunds(identity.guard(), refund_service);
  rpc::RpcServer server({.address = HostPort(process.bind_address, process.server_port),
                         .reflection = process.reflection,
                         .identity = &identity,
                         .ready = [&] { return watch.Check().ok(); }},
                        {&payments, &refunds});
  identity.Export(metrics);
  participant::ExportTurns(metrics, "payment", charges.loop());
  participant::Housekeeping housekeeping(session);
  http::AdminServer admin(process.bind_address, static_cast<int>(process.admin_port), metrics,
                          {{"database", [&] { return watch.Check(); }}}, clock, rng);
  return RunUntilSignal({&admin, &schema, &watch, &housekeeping, &timers, &charges, &reads, &server},
                        process.drain_timeout);
}

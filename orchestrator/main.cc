// orchestrator: accepts orders and drives every one of them to its ending. Needs PostgreSQL; talks to payment,
// inventory, notification and RabbitMQ when they are there.
#include <fmt/format.h>

#include "orchestrator/adapters/amqp/event_publisher_amqp.h"
#include "orchestrator/adapters/pg/audit_reader_pg.h"
#include "orchestrator/adapters/pg/database.h"
#include "orchestrator/adapters/pg/event_reader_pg.h"
#include "orchestrator/adapters/pg/event_segments_pg.h"
#include "orchestrator/adapters/pg/saga_reader_pg.h"
#include "orchestrator/adapters/pg/saga_store_pg.h"
#include "orchestrator/adapters/pg/shard_store_pg.h"
#include "orchestrator/adapters/rpc/inventory_participant.h"
#include "orchestrator/adapters/rpc/notification_participant.h"
#include "orchestrator/adapters/rpc/participants.h"
#include "orchestrator/adapters/rpc/payment_participant.h"
#include "orchestrator/api/event_service.h"
#include "orchestrator/api/order_service.h"
#include "orchestrator/api/saga_admin_service.h"
#include "orchestrator/engine/loop_thread.h"
#include "orchestrator/export_stats.h"
#include "orchestrator/price_keeper.h"
#include "orchestrator/settings.h"
#include "platform/base/error.h"
#include "platform/http/admin.h"
#include "platform/pg/schema.h"
#include "platform/rpc/replicas.h"
#include "platform/rpc/server.h"
#include "platform/runtime/address.h"
#include "platform/runtime/process.h"

using namespace ordersaga;                // NOLINT(google-build-using-namespace): main only
using namespace ordersaga::orchestrator;  // NOLINT(google-build-using-namespace)

namespace {

constexpr char kExamples[] =
    "Examples:\n  orchestrator\n  LEASE=2s orchestrator --server-port 50060 --admin-port 9060\n"
    "  grpcurl -plaintext localhost:50050 list\n";

int Refuse(const absl::Status& status, int code) {
  fmt::print(stderr, "orchestrator: {}\n", MessageOf(status));
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  PrepareProcess();
  Settings settings;
  Config config("orchestrator", "Accepts orders and drives their sagas.", kExamples);
  AddConfig(config, &settings);
  if (const auto code = config.Load(argc, argv)) return *code;
  const Definitions definitions({OrderSaga(settings.definition)});
  for (const auto& [version, definition] : definitions.all()) {
    if (const absl::Status s = Check(definition); !s.ok()) return Refuse(s, 2);
  }
  if (const absl::Status s = CheckSettings(settings); !s.ok()) return Refuse(s, 2);
  if (const absl::Status s = InitLogging(settings.process.log); !s.ok()) return Refuse(s, 2);

  SystemClock clock;
  SystemRng rng;
  Metrics metrics;
  const pg::SessionOptions& session = settings.database;

  // The number of shards belongs to the database, so it must be there before the engine is made.
  int shards = 0;
  pg::Schema schema(session, [&](pg::Session& s) {
    absl::StatusOr<int> prepared = PrepareDatabase(s, static_cast<int>(settings.shards));
    if (prepared.ok()) shards = *prepared;
    return prepared.status();
  });
  std::atomic<const Engine*> running{nullptr};
  http::AdminServer admin(settings.process.bind_address, static_cast<int>(settings.process.admin_port), metrics,
                          {{"shards",
                            [&]() -> absl::Status {
                              const Engine* engine = running;
                              if (engine != nullptr) return engine->Ready();
                              return schema.Check();
                            }}},
                          clock, rng);
  if (const absl::Status s = admin.Start(); !s.ok()) return Refuse(s, 1);
  if (const absl::Status s = schema.Start(); !s.ok()) return Refuse(s, 1);

  amqp::PublisherOptions amqp_options;
  amqp_options.url = settings.rabbitmq_url;
  amqp_options.name = "ordersaga-orchestrator";
  amqp_options.topic_exchanges = EventExchanges();
  amqp_options.max_body = static_cast<std::size_t>(settings.event_limit);
  amqp_options.window = static_cast<std::size_t>(settings.confirm_window);
  amqp::ConfirmedPublisher amqp(amqp_options, clock, rng);
  AmqpEventPublisher publisher(amqp);
  SagaStorePg store(session, settings.lease);
  ShardStorePg shard_store(session, settings.lease);
  SagaReaderPg reader(session);
  EventReaderPg event_reader(session);
  AuditReaderPg audit_reader(session, settings.event_retention);
  EventSegmentsPg event_segments(session, settings.event_retention, clock);

  // What gRPC calls back into must outlive the clients that do: declared before them, made after.
  std::unique_ptr<Engine> engine;
  PriceList prices;
  std::unique_ptr<PriceKeeper> price_keeper;
  const rpc::Replicas payments(settings.payment_address);
  const rpc::Replicas inventories(settings.inventory_address);
  const rpc::Replicas notifications(settings.notification_address);
  PaymentParticipant payment(payments);
  InventoryParticipant inventory(inventories);
  NotificationParticipant notification(notifications);
  Participants participants(payment, inventory, notification);

  const std::string owner =
      fmt::format("{}:{}/{}", settings.process.bind_address, settings.process.server_port, rng.Next());
  engine = std::make_unique<Engine>(ToEngineOptions(settings, shards, owner), definitions, store, shard_store,
                                    participants, publisher, clock, rng);
  ExportStats(metrics, engine->stats(), clock);
  metrics.Read("ordersaga_broker_connects", "Connections made to RabbitMQ since the start",
               [&] { return static_cast<double>(amqp.connects()); });
  metrics.Read("ordersaga_broker_connected", "1 while RabbitMQ takes events",
               [&] { return amqp.connected() ? 1.0 : 0.0; });
  running = engine.get();
  LoopThread loop(*engine, absl::Seconds(5));

  CatalogueClient catalogue(inventories);
  price_keeper = std::make_unique<PriceKeeper>(session, catalogue, prices, settings.price_refresh, clock);
  OrderWatcher watcher(reader, settings.watch_interval, clock);
  engine->TellOfJournal([&](const Uuid& id, const auto& entries) { watcher.Committed(id, entries); });
  Forwarder forwarder(engine->owners(), settings.address());
  OrderServiceImpl orders(*engine, forwarder, reader, watcher, prices, rng);
  SagaAdminServiceImpl sagas(*engine, forwarder, reader, audit_reader, settings.patience());
  EventServiceImpl events(*engine, forwarder, event_reader);
  rpc::RpcServer server({.address = HostPort(settings.process.bind_address, settings.process.server_port),
                         .ready = [&] { return engine->Ready().ok(); }},
                        {{order::v1::OrderService::service_full_name(), &orders},
                         {event::v1::EventService::service_full_name(), &events},
                         {saga::v1::SagaAdminService::service_full_name(), &sagas}});
  const int code = RunUntilSignal({&admin, &schema, &store, &shard_store, &reader, &event_reader, &audit_reader,
                                   &event_segments, &amqp, &loop, price_keeper.get(), &server, &watcher},
                                  settings.process.drain_timeout);
  running = nullptr;
  return code;
}

#include "orchestrator/composition.h"

#include <fmt/format.h>

#include <map>

#include "orchestrator/adapters/amqp/event_publisher_amqp.h"
#include "orchestrator/adapters/pg/audit_reader_pg.h"
#include "orchestrator/adapters/pg/database.h"
#include "orchestrator/adapters/pg/database_examiner_pg.h"
#include "orchestrator/adapters/pg/event_reader_pg.h"
#include "orchestrator/adapters/pg/event_segments_pg.h"
#include "orchestrator/adapters/pg/operator_log_reader_pg.h"
#include "orchestrator/adapters/pg/saga_reader_pg.h"
#include "orchestrator/adapters/pg/saga_store_pg.h"
#include "orchestrator/adapters/pg/shard_store_pg.h"
#include "orchestrator/adapters/rpc/catalogue_client.h"
#include "orchestrator/adapters/rpc/inventory_participant.h"
#include "orchestrator/adapters/rpc/notification_participant.h"
#include "orchestrator/adapters/rpc/participants.h"
#include "orchestrator/adapters/rpc/payment_participant.h"
#include "orchestrator/api/doctor_service.h"
#include "orchestrator/api/event_service.h"
#include "orchestrator/api/identity_service.h"
#include "orchestrator/api/operator_log_service.h"
#include "orchestrator/api/order_service.h"
#include "orchestrator/api/saga_admin_service.h"
#include "orchestrator/engine/loop_thread.h"
#include "orchestrator/export_stats.h"
#include "orchestrator/prices/price_keeper.h"
#include "orchestrator/settings.h"
#include "platform/access/certificate.h"
#include "platform/base/error.h"
#include "platform/http/admin.h"
#include "platform/pg/schema.h"
#include "platform/rpc/identity.h"
#include "platform/rpc/replicas.h"
#include "platform/rpc/server.h"
#include "platform/runtime/address.h"
#include "platform/runtime/process.h"
#include "policy/rules.h"

namespace ordersaga::orchestrator {
namespace {

constexpr char kExamples[] =
    "Examples:\n  orchestrator\n  LEASE=2s orchestrator --server-port 50060 --admin-port 9060\n"
    "  grpcurl -plaintext localhost:50050 list\n";

// Between two looks at the database for what happened to the orders that somebody watches.
constexpr absl::Duration kWatchInterval = absl::Milliseconds(150);

int Refuse(const absl::Status& status) {
  fmt::print(stderr, "orchestrator: {}\n", MessageOf(status));
  return 2;
}

amqp::PublisherOptions BrokerOptions(const Settings& settings, const Definitions& definitions,
                                     const rpc::Identity& identity) {
  amqp::PublisherOptions options;
  options.url = settings.rabbitmq_url;
  options.name = "ordersaga-orchestrator";
  options.ca_file = identity.ca_file();
  for (const std::string_view name : definitions.exchanges()) options.topic_exchanges.emplace_back(name);
  options.max_body = static_cast<std::size_t>(settings.event_limit);
  options.window = static_cast<std::size_t>(settings.confirm_window());
  return options;
}

template <typename Made>
ParticipantEntry Entry(std::string name, std::string address) {
  return {std::move(name), std::move(address),
          [](const rpc::Replicas& replicas) { return std::make_unique<Made>(replicas); }};
}

// Those of a composition, at their addresses.
class Asked {
 public:
  Asked(Config& config, const Composition& composition) : composition_(composition) {
    for (const ParticipantEntry& entry : composition.participants) {
      std::string& address = addresses_[entry.name] = entry.address;
      config.AddAddresses(entry.name + "_address", &address, entry.name + "'s gRPC address");
    }
  }

  // When the settings have been read.
  Participants::ByName Make(const rpc::Identity& identity) {
    Participants::ByName by_name;
    for (const ParticipantEntry& entry : composition_.participants) {
      const auto replicas = replicas_.try_emplace(entry.name, addresses_.at(entry.name), identity.To(entry.name)).first;
      made_.push_back(entry.make(replicas->second));
      by_name.emplace(entry.name, made_.back().get());
    }
    return by_name;
  }

  // Whom of them no call would reach.
  Examined Look() const {
    Examined seen;
    for (const auto& [name, replicas] : replicas_) {
      if (!replicas.Reachable()) seen.unreachable.push_back(name);
    }
    return seen;
  }

  const rpc::Replicas& replicas(const std::string& name) const { return replicas_.at(name); }
  std::vector<Service*> services() const {
    std::vector<Service*> all;
    for (const auto& participant : made_) all.push_back(participant.get());
    return all;
  }

 private:
  const Composition& composition_;
  std::map<std::string, std::string> addresses_;
  std::map<std::string, rpc::Replicas> replicas_;
  std::vector<std::unique_ptr<RpcParticipant>> made_;
};

// What the engine knows.
void LookAt(const Engine& engine, const Clock& clock, Examined& seen) {
  const Stats& stats = engine.stats();
  seen.ready = engine.Ready();
  seen.owners = engine.owners().All();
  seen.holds = engine.holds().InForce();
  seen.now = engine.owners().read_at().value_or(clock.Now());  // leases end by that clock, not by ours
  seen.clock_offset = absl::Microseconds(stats.database_clock_offset_us.load());
  seen.events_held = stats.events_held;
  seen.parked = stats.sagas_parked;
  if (const std::int64_t oldest = stats.outbox_oldest_us; oldest != 0) {
    seen.oldest_unpublished = absl::FromUnixMicros(oldest);
  }
}

}  // namespace

Composition OrderComposition() {
  return {OrderSagas,
          {Entry<PaymentParticipant>("payment", "127.0.0.1:50051"),
           Entry<InventoryParticipant>("inventory", "127.0.0.1:50052"),
           Entry<NotificationParticipant>("notification", "127.0.0.1:50053")}};
}

int RunOrchestrator(int argc, char** argv, const Composition& composition) {
  PrepareProcess();
  Settings settings;
  Config config("orchestrator", "Accepts orders and drives their sagas.", kExamples);
  AddConfig(config, &settings);
  Asked asked(config, composition);
  if (const auto code = http::BeginProcess(config, settings.process, argc, argv)) return *code;
  const Definitions definitions = composition.definitions(settings.definition);
  if (const absl::Status s = Check(definitions); !s.ok()) return Refuse(s);
  if (const absl::Status s = CheckSettings(settings); !s.ok()) return Refuse(s);

  SystemClock clock;
  KeyRing keys(settings.database, clock);
  const rpc::Identity identity("orchestrator", settings.process.tls_folder, policy::Rules(),
                               [&](std::string_view key) { return keys.Judge(key); });
  if (const auto code = identity.Refused()) return *code;

  const pg::Migrations migrations = OrchestratorMigrations();
  if (const auto code = pg::RunMigrate(config, settings.migrate, settings.database, migrations, clock)) return *code;
  SystemRng rng;
  Metrics metrics;
  const pg::SessionOptions& session = settings.database;
  SagaStorePg store(session, settings.engine.lease);
  ShardStorePg shard_store(session, settings.engine.lease);
  SagaReaderPg reader(session);
  EventReaderPg event_reader(session);
  OperatorLogReaderPg log_reader(session);
  DatabaseExaminerPg examiner(session);
  AuditReaderPg audit_reader(session, settings.event_retention);
  EventSegmentsPg event_segments(session, settings.event_retention);

  amqp::ConfirmedPublisher amqp(BrokerOptions(settings, definitions, identity), clock, rng);
  EventPublisherAmqp publisher(definitions, amqp);

  Participants participants(asked.Make(identity));
  if (const absl::Status s = participants.Check(definitions); !s.ok()) return Refuse(s);
  CatalogueClient catalogue(asked.replicas("inventory"));

  const std::string owner =
      fmt::format("{}:{}/{}", settings.process.bind_address, settings.process.server_port, rng.Next());
  Engine engine(EngineOptionsOf(settings, owner), definitions, store, shard_store, participants, publisher, clock, rng);
  LoopThread loop(engine, absl::Seconds(5), clock);
  pg::Schema schema(session, migrations, settings.migrate, clock, [&](pg::PqxxSession& s) {
    const absl::StatusOr<int> shards = DecideShards(s, static_cast<int>(settings.shards));
    if (shards.ok()) engine.Start(*shards);
    return shards.status();
  });

  PriceList prices;
  PriceKeeper price_keeper(session, catalogue, prices);
  OrderWatcher watcher(reader, kWatchInterval, clock);
  engine.TellOfJournal([&](const Uuid& id, const auto& entries) { watcher.Committed(id, entries); });
  Forwarder forwarder(engine.owners(), settings.address(), identity.To("orchestrator"));
  OrderServiceImpl orders(engine, forwarder, reader, watcher, prices, identity.guard(), rng);
  SagaAdminServiceImpl sagas(definitions, engine, forwarder, reader, audit_reader, settings.patience(), clock);
  EventServiceImpl events(definitions, engine, forwarder, event_reader);
  pg::PqxxPool key_pool(session, 1, 100);
  IdentityServiceImpl identities(keys, key_pool);
  rpc::Served<identity::v1::IdentityService> served_identities(identity.guard(), identities);
  rpc::Served<order::v1::OrderService> served_orders(identity.guard(), orders);
  rpc::Served<saga::v1::SagaAdminService> served_sagas(identity.guard(), sagas);
  OperatorLogServiceImpl log(log_reader);
  rpc::Served<saga::v1::OperatorLogService> served_log(identity.guard(), log);
  DoctorServiceImpl doctor(examiner, [&] {
    Examined seen = asked.Look();
    seen.schema = schema.Check();
    LookAt(engine, clock, seen);
    seen.broker = amqp.status();
    seen.log_key = !settings.engine.log_key.empty();
    if (identity.proves()) {
      const absl::StatusOr<access::Certificate> own = access::Certificate::Of(settings.process.tls_folder);
      if (own.ok()) seen.certificate_ends = own->expires();
    }
    return seen;
  });
  rpc::Served<saga::v1::DoctorService> served_doctor(identity.guard(), doctor);
  rpc::Served<event::v1::EventService> served_events(identity.guard(), events);
  rpc::RpcServer server(
      {.address = HostPort(settings.process.bind_address, settings.process.server_port),
       .reflection = settings.process.reflection,
       .identity = &identity,
       .ready = [&] { return engine.Ready().ok(); }},
      {&served_orders, &served_sagas, &served_log, &served_doctor, &served_events, &served_identities});

  identity.Export(metrics);
  ExportStats(metrics, engine.stats(), amqp, clock);
  const auto ready = [&]() -> absl::Status {
    const absl::Status prepared = schema.Check();
    return prepared.ok() ? engine.Ready() : prepared;
  };
  http::AdminServer admin(settings.process.bind_address, static_cast<int>(settings.process.admin_port), metrics,
                          {{"shards", ready}}, clock, rng);
  std::vector<Service*> services = {&admin,        &schema,     &store,    &shard_store,  &reader,
                                    &event_reader, &log_reader, &examiner, &audit_reader, &event_segments,
                                    &amqp,         &keys,       &key_pool};
  for (Service* participant : asked.services()) services.push_back(participant);
  services.insert(services.end(), {&catalogue, &loop, &price_keeper, &server, &watcher});
  return RunUntilSignal(services, settings.process.drain_timeout);
}

}  // namespace ordersaga::orchestrator

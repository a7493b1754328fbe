#include "orchestrator/settings.h"

#include "platform/amqp/url.h"
#include "platform/base/error.h"
#include "platform/pg/config.h"
#include "platform/runtime/address.h"

namespace ordersaga::orchestrator {
Settings::Settings() {
  process.log.service = "orchestrator";
  process.server_port = 50050;
  process.admin_port = 9050;
}

std::string Settings::address() const {
  if (!advertise_address.empty()) return advertise_address;
  return HostPort(process.bind_address, process.server_port);
}

void AddConfig(Config& config, Settings* settings) {
  const absl::Duration least = absl::Milliseconds(10);
  const absl::Duration most = absl::Hours(24 * 30);
  EngineOptions& engine = settings->engine;
  DefinitionOptions& saga = settings->definition;
  http::AddServiceConfig(config, &settings->process);
  pg::AddDatabaseConfig(config, &settings->database, "the orchestrator's own PostgreSQL database");
  pg::AddMigrateConfig(config, &settings->migrate);
  config.AddUrl("rabbitmq_url", &settings->rabbitmq_url, amqp::ShowUrls,
                "where the domain events go; one URL per node of a cluster, with commas between");
  config.Add("advertise_address", &settings->advertise_address,
             "where other replicas reach this one's gRPC service; empty: bind address and port");
  config.Add("shards", &settings->shards, 1, kMaxShards, "how many shards a new database gets; fixed from then on");
  config.Add("lease", &engine.lease, absl::Milliseconds(200), absl::Minutes(10),
             "after which the shards of a dead replica are taken over");
  config.Add("max_calls", &engine.max_calls, 2, 100'000,
             "calls to participants out at once; a tenth of them are for compensations only");
  config.Add("max_waiting", &engine.max_waiting, 1, 10'000'000,
             "accepted orders that may wait to start; more are refused with RESOURCE_EXHAUSTED");
  config.Add("max_open_per_client", &engine.max_open_per_client, 1, 10'000'000,
             "orders under way that a client with API keys may have in this replica's shards; more get 429");
  config.Add("max_wait", &engine.max_wait, absl::ZeroDuration(), absl::Hours(24),
             "refuse orders too while one would probably take longer to end: more than it takes by itself; 0s: never");
  config.Add("turn_size", &engine.max_turn, 1, 10'000,
             "how many inputs one transaction handles at most; half as many events may be at the broker unconfirmed");
  config.Add("attempt_timeout", &saga.attempt_timeout, least, most, "for one call to a participant");
  config.Add("payment_budget", &saga.payment_budget, least, most, "for a payment, all attempts");
  config.Add("inventory_budget", &saga.inventory_budget, least, most, "for a reservation, all attempts");
  config.Add("compensation_budget", &saga.compensation_budget, least, most,
             "for a refund or release; then a person is asked");
  config.Add("notification_budget", &saga.notification_budget, least, most, "for telling the customer");
  config.Add("saga_deadline", &saga.saga_deadline, least, most, "from the first call until the stock must be reserved");
  config.Add("backoff_initial", &saga.backoff_initial, absl::Milliseconds(1), most, "the first wait between attempts");
  config.Add("backoff_cap", &saga.backoff_cap, absl::Milliseconds(1), most, "the longest wait between attempts");
  config.Add("notification_events", &saga.notification_events,
             "publish notification.sent when the customer has been told");
  config.AddSecret(
      "operator_log_key", &engine.log_key,
      "of the operator log's chain, 16 characters or more; every replica has the same, and the database not");
  config.Add("unroutable_events", &settings->unroutable_events,
             "what becomes of an event nobody has subscribed to: count, or hold (it waits, and holds back its order)");
  config.Add("event_retry", &engine.relay.retry, absl::Milliseconds(100), most,
             "how often events that are held back are tried again");
  config.Add("event_limit", &settings->event_limit, 64, std::int64_t{128} * 1024 * 1024,
             "bytes in an event's body; a longer one is held back");
  config.Add("event_retention", &settings->event_retention, absl::Seconds(1), absl::Hours(24 * 3650),
             "for how long published events are kept, to be replayed");
}

absl::Status CheckSettings(const Settings& settings) {
  std::vector<FieldViolation> problems;
  if (settings.unroutable_events != "count" && settings.unroutable_events != "hold") {
    problems.push_back({"unroutable_events", "must be count or hold"});
  }
  const std::size_t key = settings.engine.log_key.size();
  if (key > 0 && key < 16) problems.push_back({"operator_log_key", "must have 16 characters or more"});
  return problems.empty() ? absl::OkStatus() : BadRequest(problems);
}

EngineOptions EngineOptionsOf(const Settings& settings, std::string owner) {
  EngineOptions options = settings.engine;
  options.owner = std::move(owner);
  options.address = settings.address();
  options.relay.hold_unroutable = settings.unroutable_events == "hold";
  return options;
}

}  // namespace ordersaga::orchestrator

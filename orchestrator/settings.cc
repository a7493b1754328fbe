#include "orchestrator/settings.h"

#include "platform/amqp/url.h"
#include "platform/base/error.h"
#include "platform/pg/config.h"
#include "platform/runtime/address.h"

namespace ordersaga::orchestrator {
namespace {

absl::StatusOr<std::string> ShowBrokers(const std::string& text) {
  const absl::StatusOr<std::vector<amqp::Url>> urls = amqp::ParseUrls(text);
  if (!urls.ok()) return urls.status();
  return HidePassword(text);
}

}  // namespace

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
  DefinitionOptions& saga = settings->definition;
  http::AddProcessConfig(config, &settings->process);
  pg::AddDatabaseConfig(config, &settings->database, "the orchestrator's own PostgreSQL database");
  config.AddUrl("rabbitmq_url", &settings->rabbitmq_url, ShowBrokers,
                "where the domain events go; one URL per node of a cluster, with commas between");
  config.AddAddresses("payment_address", &settings->payment_address, "payment's gRPC address");
  config.AddAddresses("inventory_address", &settings->inventory_address, "inventory's gRPC address");
  config.AddAddresses("notification_address", &settings->notification_address, "notification's gRPC address");
  config.Add("advertise_address", &settings->advertise_address,
             "where other replicas reach this one's gRPC service; empty: bind address and port");
  config.Add("shards", &settings->shards, 1, kMaxShards, "how many shards a new database gets; fixed from then on");
  config.Add("lease", &settings->lease, absl::Milliseconds(200), absl::Minutes(10),
             "after which the shards of a dead replica are taken over");
  config.Add("max_calls", &settings->max_calls, 2, 100'000, "calls to participants out at once");
  config.Add("reserved_calls", &settings->reserved_calls, 1, 100'000,
             "of those, for compensations only; less than max_calls");
  config.Add("max_waiting", &settings->max_waiting, 1, 10'000'000,
             "accepted orders that may wait to start; more are refused with RESOURCE_EXHAUSTED");
  config.Add("max_wait", &settings->max_wait, absl::ZeroDuration(), absl::Hours(24),
             "refuse orders too while one would probably take longer to end: more than it takes by itself; 0s: never");
  config.Add("turn_size", &settings->turn_size, 1, 10'000, "how many inputs one transaction handles at most");
  config.Add("confirm_window", &settings->confirm_window, 1, 10'000,
             "events that may be at the broker unconfirmed; more than 1,000 gains nothing");
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
  config.Add("unroutable_events", &settings->unroutable_events,
             "what becomes of an event nobody has subscribed to: count, or hold (it waits, and holds back its order)");
  config.Add("event_retry", &settings->event_retry, absl::Milliseconds(100), most,
             "how often events that are held back are tried again");
  config.Add("event_limit", &settings->event_limit, 64, std::int64_t{128} * 1024 * 1024,
             "bytes in an event's body; a longer one is held back");
  config.Add("event_retention", &settings->event_retention, absl::Seconds(1), absl::Hours(24 * 3650),
             "for how long published events are kept, to be replayed");
  config.Add("price_refresh", &settings->price_refresh, absl::Milliseconds(100), absl::Hours(24),
             "how often inventory is asked for its prices");
  config.Add("watch_interval", &settings->watch_interval, least, absl::Minutes(1),
             "how often the database is asked what happened to the orders that somebody watches");
}

absl::Status CheckSettings(const Settings& settings) {
  if (settings.unroutable_events == "count" || settings.unroutable_events == "hold") return absl::OkStatus();
  return BadRequest({{"unroutable_events", "must be count or hold"}});
}

EngineOptions ToEngineOptions(const Settings& settings, int shards, std::string owner) {
  EngineOptions options;
  options.owner = std::move(owner);
  options.address = settings.address();
  options.shards = shards;
  options.lease = settings.lease;
  options.max_calls = static_cast<std::size_t>(settings.max_calls);
  options.reserved_calls = static_cast<std::size_t>(std::min(settings.reserved_calls, settings.max_calls - 1));
  options.max_waiting = settings.max_waiting;
  if (settings.max_wait > absl::ZeroDuration()) options.max_wait = settings.max_wait;
  options.max_turn = static_cast<std::size_t>(settings.turn_size);
  options.relay.hold_unroutable = settings.unroutable_events == "hold";
  options.relay.retry = settings.event_retry;
  return options;
}

}  // namespace ordersaga::orchestrator

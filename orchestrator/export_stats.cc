#include "orchestrator/export_stats.h"

#include <algorithm>

namespace ordersaga::orchestrator {

void ExportStats(Metrics& metrics, const Stats& stats, const amqp::ConfirmedPublisher& broker, const Clock& clock) {
  const auto read = [&](const char* name, const char* help, const Stats::Count& count) {
    metrics.Read(std::string("ordersaga_") + name, help, [&count] { return static_cast<double>(count.load()); });
  };
  read("orders_accepted", "Orders stored since the start", stats.orders_accepted);
  read("orders_completed", "Orders that ended COMPLETED here", stats.orders_completed);
  read("orders_cancelled", "Orders that ended CANCELLED here", stats.orders_cancelled);
  read("orders_refused", "Orders shed because too many were waiting", stats.orders_refused);
  read("turns", "Turns committed", stats.turns);
  read("turn_writes", "Sagas written by those turns", stats.turn_writes);
  read("commits_unavailable", "Turns that could not be stored at first", stats.commits_unavailable);
  read("commits_in_doubt", "Turns whose connection was lost at COMMIT", stats.commits_in_doubt);
  metrics.Read("ordersaga_database_clock_offset_seconds",
               "How far ahead the database's clock was of what was expected when it was last read; negative: behind",
               [&stats] { return static_cast<double>(stats.database_clock_offset_us) / 1e6; });
  read("turns_stale", "Turns refused because a stored saga was not the version decided on", stats.turns_stale);
  read("shards_fenced", "Shards found to belong to another replica", stats.shards_fenced);
  read("calls_started", "Calls made to participants", stats.calls_started);
  read("events_published", "Domain events confirmed by the broker", stats.events_published);
  read("events_unroutable", "Of those, events nobody had subscribed to", stats.events_unroutable);
  read("events_lost", "Publications that had to be repeated", stats.events_lost);
  read("shards_owned", "Shards owned and loaded", stats.shards_owned);
  read("sagas_in_memory", "Unfinished sagas in memory", stats.sagas_in_memory);
  read("sagas_waiting", "Accepted orders that have not started", stats.sagas_waiting);
  read("sagas_parked", "Sagas that need a person", stats.sagas_parked);
  read("calls_outstanding", "Calls to participants under way", stats.calls_outstanding);
  read("events_refused", "Publications the broker refused (nack)", stats.events_refused);
  read("events_held", "Domain events held back because they cannot be published: an operator should look",
       stats.events_held);
  read("outbox_unpublished", "Domain events not yet confirmed by the broker", stats.outbox_unpublished);
  metrics.Read("ordersaga_outbox_oldest_seconds", "Age of the oldest domain event not yet confirmed by the broker",
               [&stats, &clock] {
                 const std::int64_t oldest = stats.outbox_oldest_us;
                 const double age = absl::ToDoubleSeconds(clock.Now() - absl::FromUnixMicros(oldest));
                 return oldest == 0 ? 0.0 : std::max(age, 0.0);
               });
  metrics.Read("ordersaga_broker_connects", "Connections made to RabbitMQ since the start",
               [&broker] { return static_cast<double>(broker.connects()); });
  metrics.Read("ordersaga_broker_connected", "1 while RabbitMQ takes events",
               [&broker] { return broker.connected() ? 1.0 : 0.0; });
}

}  // namespace ordersaga::orchestrator

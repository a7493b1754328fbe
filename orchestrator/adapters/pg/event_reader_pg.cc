#include "orchestrator/adapters/pg/event_reader_pg.h"

#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/sql.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kThreads = 1;
constexpr std::size_t kMaxQueue = 1000;

absl::Status TooBusy() {
  return TryAgain(absl::StatusCode::kResourceExhausted, "TOO_MANY_READS", "too many reads are waiting",
                  absl::Seconds(1));
}

template <typename Row>
OutboxEvent DecodeEvent(const Row& row) {
  return {row[0].template as<int>(),
          row[1].template as<std::int64_t>(),
          *Uuid::Parse(row[2].c_str()),
          row[3].template as<std::int64_t>(),
          row[4].c_str(),
          row[5].c_str(),
          pg::FromPg(row[6].c_str()),
          row[7].c_str()};
}

}  // namespace

EventReaderPg::EventReaderPg(pg::SessionOptions options)
    : list_(pg::SqlFile(kOrchestratorSql, "list_events.sql")),
      list_order_(pg::SqlFile(kOrchestratorSql, "list_order_events.sql")),
      held_(pg::SqlFile(kOrchestratorSql, "list_held.sql")),
      pool_(std::move(options), kThreads, kMaxQueue) {}

void EventReaderPg::List(EventFilter filter, EventPlace after, int limit,
                         std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)> done) {
  auto task = [this, filter, after, limit, done](pg::Session& session) {
    std::vector<OutboxEvent> events;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      const pg::Result rows = filter.order.has_value()
                                  ? tx.Exec(list_order_, filter.order->ToString(), after.shard, after.position,
                                            filter.since, filter.until, limit)
                                  : tx.Exec(list_, after.shard, after.position, filter.since, filter.until, limit);
      for (const auto& row : rows) events.push_back(DecodeEvent(row));
      return absl::OkStatus();
    });
    if (!status.ok()) return done(pg::ForReader(status));
    done(std::move(events));
  };
  if (!pool_.Submit(std::move(task))) done(TooBusy());
}

void EventReaderPg::ListHeld(EventPlace after, int limit,
                             std::function<void(absl::StatusOr<std::vector<HeldEvent>>)> done) {
  auto task = [this, after, limit, done](pg::Session& session) {
    std::vector<HeldEvent> events;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      for (const auto& row : tx.Exec(held_, after.shard, after.position, limit)) {
        events.push_back({DecodeEvent(row), row[8].c_str(), pg::FromPg(row[9].c_str())});
      }
      return absl::OkStatus();
    });
    if (!status.ok()) return done(pg::ForReader(status));
    done(std::move(events));
  };
  if (!pool_.Submit(std::move(task))) done(TooBusy());
}

}  // namespace ordersaga::orchestrator

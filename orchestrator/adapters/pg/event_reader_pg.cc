#include "orchestrator/adapters/pg/event_reader_pg.h"

#include "orchestrator_sql.embed.h"
#include "platform/pg/read.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kEventThreads = 1;
constexpr std::size_t kMaxEventReads = 1000;

OutboxEvent DecodeEvent(const pg::PqxxRow& row) {
  return {row[0].as<int>(),
          row[1].as<std::int64_t>(),
          *Uuid::Parse(row[2].view()),
          row[3].as<std::int64_t>(),
          row[4].c_str(),
          row[5].c_str(),
          pg::FromPg(row[6].view()),
          row[7].c_str()};
}

pg::PqxxRows EventsPage(pg::PqxxTx& tx, const EventFilter& filter, const EventPlace& after, int limit) {
  if (!filter.order.has_value()) {
    return tx.Exec(sql::outbox::list, after.shard, after.position, filter.since, filter.until, limit);
  }
  return tx.Exec(sql::outbox::list_of_order, filter.order->ToString(), after.shard, after.position, filter.since,
                 filter.until, limit);
}

}  // namespace

EventReaderPg::EventReaderPg(pg::SessionOptions options) : pool_(std::move(options), kEventThreads, kMaxEventReads) {}

void EventReaderPg::List(EventFilter filter, EventPlace after, int limit, Done<std::vector<OutboxEvent>> done) {
  pg::Read(pool_, std::move(done), [filter, after, limit](pg::PqxxTx& tx) {
    std::vector<OutboxEvent> events;
    for (const auto& row : EventsPage(tx, filter, after, limit)) events.push_back(DecodeEvent(row));
    return events;
  });
}

void EventReaderPg::ListHeld(EventPlace after, int limit, Done<std::vector<HeldEvent>> done) {
  pg::Read(pool_, std::move(done), [after, limit](pg::PqxxTx& tx) {
    std::vector<HeldEvent> events;
    for (const auto& row : tx.Exec(sql::relay_held::list, after.shard, after.position, limit)) {
      events.push_back({DecodeEvent(row), row[8].c_str(), pg::FromPg(row[9].view())});
    }
    return events;
  });
}

}  // namespace ordersaga::orchestrator

// All is queued at once, on the assumption that the shards are ours, the sagas as they were and the keys new. The
// server checks that, in this order and before what is built on it: a fenced owner's rows would collide with its
// successor's. What it raises ends the pipeline, and the COMMIT that travels with it is not run (docs/adr/0024).
#include "orchestrator/adapters/pg/turn_writer.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/saga_columns.h"
#include "orchestrator/events/encode.h"
#include "orchestrator_sql.embed.h"

namespace ordersaga::orchestrator {
namespace {

using Writes = std::vector<const SagaWrite*>;

// As sql/shards.sql and sql/sagas.sql raise them.
constexpr std::string_view kFencedState = "OS001";
constexpr std::string_view kStaleState = "OS002";

pg::Array Shards(const Writes& writes) {
  return Column(writes, [](auto* w) { return Smallint(w->saga.id().shard()); });
}
pg::Array Ids(const Writes& writes) {
  return Column(writes, [](auto* w) { return w->saga.id(); });
}

struct SortedWrites {
  Writes creates;
  Writes updates;
};

SortedWrites Sorted(const Turn& turn, const std::vector<DuplicateOrder>& duplicates) {
  SortedWrites sorted;
  for (const SagaWrite& write : turn.writes) {
    if (!write.create.has_value()) {
      sorted.updates.push_back(&write);
    } else if (std::none_of(duplicates.begin(), duplicates.end(),
                            [&](const DuplicateOrder& d) { return d.requested == write.saga.id(); })) {
      sorted.creates.push_back(&write);
    }
  }
  return sorted;
}

// `ends`: where the shards' streams end; moved on.
std::vector<OutboxEvent> EventsOf(const Writes& writes, std::map<int, std::int64_t>& ends) {
  std::vector<OutboxEvent> events;
  for (const SagaWrite* write : writes) {
    const Uuid& id = write->saga.id();
    for (const DomainEvent& event : write->events) {
      events.push_back({id.shard(), ends.at(id.shard())++, id, event.sequence, std::string(event.type->routing_key),
                        EncodeBody(*write->saga.order, event), event.at, write->saga.order->traceparent});
    }
  }
  return events;
}

struct JournalRow {
  const Saga* saga;
  const JournalEntry* entry;
};

void Fence(pg::Tx& tx, const Turn& turn, const std::map<int, std::int64_t>& ends) {
  tx.Queue(sql::shards::fence, Column(turn.shards, [](auto& s) { return Smallint(s.shard); }),
           Column(turn.shards, [](auto& s) { return s.token; }), Column(turn.shards, [](auto& s) { return s.turn; }),
           Column(turn.shards, [](auto& s) { return s.relayed_position; }),
           Column(turn.shards, [](auto& s) { return s.next_position; }),
           Column(turn.shards, [&](auto& s) { return ends.at(s.shard); }));
}

void Insert(pg::Tx& tx, const Writes& writes) {
  if (!writes.empty()) tx.QueueAll(SagasSql().insert, InsertParameters(writes));
}

void Update(pg::Tx& tx, const Writes& writes) {
  if (!writes.empty()) tx.QueueAll(SagasSql().update, UpdateParameters(writes));
}

void Park(pg::Tx& tx, const Turn& turn) {
  if (turn.parks.empty()) return;
  tx.Queue(sql::sagas::park, Column(turn.parks, [](auto& p) { return Smallint(p.id.shard()); }),
           Column(turn.parks, [](auto& p) { return p.id; }), Column(turn.parks, [](auto& p) { return p.reason; }));
}

void MoveHeld(pg::Tx& tx, const Turn& turn) {
  std::vector<std::pair<int, HoldWrite>> holds;
  std::vector<std::pair<int, std::int64_t>> releases;
  for (const ShardTurn& shard : turn.shards) {
    for (const HoldWrite& hold : shard.hold) holds.emplace_back(shard.shard, hold);
    for (const std::int64_t position : shard.release) releases.emplace_back(shard.shard, position);
  }
  if (!holds.empty()) {
    tx.Queue(sql::relay_held::hold, Column(holds, [](auto& h) { return Smallint(h.first); }),
             Column(holds, [](auto& h) { return h.second.position; }),
             Column(holds, [](auto& h) { return h.second.reason; }));
  }
  if (!releases.empty()) {
    tx.Queue(sql::relay_held::release, Column(releases, [](auto& r) { return Smallint(r.first); }),
             Column(releases, [](auto& r) { return r.second; }));
  }
}

void AppendJournal(pg::Tx& tx, const Writes& writes) {
  std::vector<JournalRow> rows;
  for (const SagaWrite* write : writes) {
    for (const JournalEntry& entry : write->journal) rows.push_back({&write->saga, &entry});
  }
  if (rows.empty()) return;
  tx.Queue(sql::journal::append, Column(rows, [](auto& r) { return Smallint(r.saga->id().shard()); }),
           Column(rows, [](auto& r) { return r.saga->id(); }), Column(rows, [](auto& r) { return r.entry->sequence; }),
           Column(rows, [](auto& r) { return r.entry->at; }), Column(rows, [](auto& r) { return r.entry->event; }),
           Column(rows, [](auto& r) { return r.entry->detail; }),
           Column(rows, [](auto& r) { return Name(r.entry->phase); }));
}

void AppendEvents(pg::Tx& tx, const std::vector<OutboxEvent>& events) {
  if (events.empty()) return;
  tx.Queue(sql::outbox::append, Column(events, [](auto& e) { return Smallint(e.shard); }),
           Column(events, [](auto& e) { return e.position; }), Column(events, [](auto& e) { return e.order_id; }),
           Column(events, [](auto& e) { return e.sequence; }), Column(events, [](auto& e) { return e.routing_key; }),
           Column(events, [](auto& e) { return std::string_view(e.body); }),
           Column(events, [](auto& e) { return e.at; }));
}

void AppendLog(pg::Tx& tx, const Turn& turn) {
  std::vector<const LogRow*> rows;
  for (const ShardTurn& shard : turn.shards) {
    for (const LogRow& row : shard.log) rows.push_back(&row);
  }
  if (rows.empty()) return;
  const auto text = [&](std::string LogRow::*field) {
    return Column(rows, [&](auto* r) { return std::string_view(r->*field); });
  };
  tx.Queue(sql::operator_log::append, Column(rows, [](auto* r) { return Smallint(r->shard); }),
           Column(rows, [](auto* r) { return r->number; }), Column(rows, [](auto* r) { return r->at; }),
           text(&LogRow::by), text(&LogRow::from), text(&LogRow::verb), text(&LogRow::subject),
           Column(rows, [](auto* r) { return r->version; }), text(&LogRow::before), text(&LogRow::after),
           text(&LogRow::reason_digest), text(&LogRow::mac));
  tx.Queue(sql::operator_log::append_reasons, Column(rows, [](auto* r) { return Smallint(r->shard); }),
           Column(rows, [](auto* r) { return r->number; }), text(&LogRow::reason));
  tx.Queue(sql::operator_log::move_heads, Column(rows, [](auto* r) { return Smallint(r->shard); }),
           Column(rows, [](auto* r) { return r->number; }), text(&LogRow::mac));
}

void WriteHolds(pg::Tx& tx, const Turn& turn) {
  for (const HoldChange& change : turn.participants) {
    if (change.begins) {
      tx.Queue(sql::participant_holds::begin, change.participant, change.at, change.by, change.reason);
    } else {
      tx.Queue(sql::participant_holds::end, change.participant, change.at);
    }
  }
}

}  // namespace

Committed WriteTurn(pg::Tx& tx, const Turn& turn, std::vector<DuplicateOrder> duplicates) {
  const auto [creates, updates] = Sorted(turn, duplicates);
  Writes all = creates;
  all.insert(all.end(), updates.begin(), updates.end());
  std::map<int, std::int64_t> ends;
  for (const ShardTurn& shard : turn.shards) ends.emplace(shard.shard, shard.next_position);
  Committed committed{std::move(duplicates), EventsOf(all, ends)};
  Fence(tx, turn, ends);
  Update(tx, updates);
  Insert(tx, creates);
  Park(tx, turn);
  MoveHeld(tx, turn);
  AppendJournal(tx, all);
  AppendEvents(tx, committed.events);
  AppendLog(tx, turn);
  WriteHolds(tx, turn);
  return committed;
}

std::optional<CommitResult> RefusalOf(const pg::Raised& raised) {
  if (raised.sqlstate == kFencedState) {
    Fenced fenced;
    for (const std::string& shard : raised.missing) fenced.shards.push_back(std::stoi(shard));
    return fenced;
  }
  if (raised.sqlstate == kStaleState) {
    Stale stale;
    for (const std::string& id : raised.missing) stale.sagas.push_back(Uuid::Parse(id).value());
    return stale;
  }
  return std::nullopt;
}

std::vector<DuplicateOrder> FindDuplicates(pg::Tx& tx, const Turn& turn) {
  const Writes creates = Sorted(turn, {}).creates;
  std::vector<DuplicateOrder> duplicates;
  absl::flat_hash_set<Uuid> known;
  for (const auto& row :
       tx.Exec(sql::sagas::made_by_keys, Shards(creates), Column(creates, [](auto* w) { return w->create->client; }),
               Column(creates, [](auto* w) { return w->create->key; }), Ids(creates))) {
    duplicates.push_back({*Uuid::Parse(row[0].view()), *Uuid::Parse(row[1].view()),
                          Known(ParseStatus(row[2].view()), row[2].view()), row[3].c_str()});
    known.insert(duplicates.back().requested);
  }
  // Of those with the same key in this very turn the first makes the order.
  std::map<std::pair<std::string, std::string>, const SagaWrite*> firsts;
  for (const SagaWrite* write : creates) {
    if (known.contains(write->saga.id())) continue;
    const auto [first, fresh] = firsts.try_emplace({write->create->client, write->create->key}, write);
    if (fresh) continue;
    const SagaWrite& made = *first->second;
    duplicates.push_back({write->saga.id(), made.saga.id(), made.saga.status, made.create->fingerprint});
  }
  return duplicates;
}

}  // namespace ordersaga::orchestrator

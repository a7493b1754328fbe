#include "orchestrator/adapters/pg/turn_writer.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/row_codec.h"
#include "orchestrator/events/encode.h"
#include "orchestrator_sql.embed.h"
#include "platform/base/fault_point.h"
#include "platform/pg/sql.h"

namespace ordersaga::orchestrator {
namespace {

using Writes = std::vector<const SagaWrite*>;

pg::Array Shards(const Writes& writes) {
  return Column(writes, [](auto* w) { return Smallint(w->saga.id().shard()); });
}
pg::Array Ids(const Writes& writes) {
  return Column(writes, [](auto* w) { return w->saga.id(); });
}

// Those whose id no row begins with.
Writes NotAmong(const pg::Result& rows, const Writes& writes) {
  if (rows.size() == writes.size()) return {};
  absl::flat_hash_set<std::string_view> there;
  for (const auto& row : rows) there.insert(row[0].view());
  Writes missing;
  for (const SagaWrite* write : writes) {
    if (!there.contains(write->saga.id().ToString())) missing.push_back(write);
  }
  return missing;
}

// The owner alone moves the end of its stream: another end means another owner, as another token does.
Fenced NotOurs(const pg::Reply& fence, const Turn& turn) {
  Fenced fenced;
  if (!fence.rows().done()) return fenced;
  std::set<int> ours;
  for (const auto& row : fence.rows()) ours.insert(row[0].as<int>());
  for (const ShardTurn& sent : turn.shards) {
    if (!ours.contains(sent.shard)) fenced.shards.push_back(sent.shard);
  }
  return fenced;
}

Stale StaleAmong(const pg::Reply& updated, const Writes& updates) {
  Stale stale;
  if (!updated.rows().done()) return stale;
  for (const SagaWrite* write : NotAmong(updated.rows(), updates)) stale.sagas.push_back(write->saga.id());
  return stale;
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
      events.push_back({id.shard(), ends.at(id.shard())++, id, event.sequence, std::string(RoutingKey(event.type)),
                        EncodeBody(*write->saga.order, event), event.at, write->saga.order->traceparent});
    }
  }
  return events;
}

struct JournalRow {
  const Saga* saga;
  const JournalEntry* entry;
};

}  // namespace

TurnWriter::TurnWriter()
    : fence_(pg::SqlFile(kOrchestratorSql, "turn_fence.sql")),
      keys_(pg::SqlFile(kOrchestratorSql, "turn_keys.sql")),
      duplicates_(pg::SqlFile(kOrchestratorSql, "turn_duplicates.sql")),
      insert_(pg::SqlFile(kOrchestratorSql, "turn_insert_sagas.sql")),
      update_(pg::SqlFile(kOrchestratorSql, "turn_update_sagas.sql")),
      park_(pg::SqlFile(kOrchestratorSql, "turn_park.sql")),
      journal_(pg::SqlFile(kOrchestratorSql, "turn_journal.sql")),
      outbox_(pg::SqlFile(kOrchestratorSql, "turn_outbox.sql")),
      hold_(pg::SqlFile(kOrchestratorSql, "turn_hold.sql")),
      release_(pg::SqlFile(kOrchestratorSql, "turn_release.sql")) {}

// All is sent at once, on the assumption that the shards are ours, the keys new and the sagas as they were. What is not
// so comes to light before the COMMIT.
std::optional<CommitResult> TurnWriter::Write(pg::Tx& tx, const Turn& turn,
                                              std::vector<DuplicateOrder> duplicates) const {
  const auto [creates, updates] = Sorted(turn, duplicates);
  Writes all = creates;
  all.insert(all.end(), updates.begin(), updates.end());
  std::map<int, std::int64_t> ends;
  for (const ShardTurn& shard : turn.shards) ends.emplace(shard.shard, shard.next_position);
  Committed committed{std::move(duplicates), EventsOf(all, ends)};

  const pg::Reply fence = Fence(tx, turn, ends);
  const pg::Reply keys = ClaimKeys(tx, creates);
  Insert(tx, creates);
  const pg::Reply updated = Update(tx, updates);
  Park(tx, turn);
  MoveHeld(tx, turn);
  AppendJournal(tx, all);
  AppendEvents(tx, committed.events);
  std::optional<pg::SqlError> failed;
  try {
    tx.Wait();
  } catch (const pg::SqlError& error) {
    failed = error;
  }
  FaultPoint("orchestrator.inside_commit");
  // These first: where an assumption is wrong, what was built on it may have failed for that.
  if (Fenced fenced = NotOurs(fence, turn); !fenced.shards.empty()) return fenced;
  if (Stale stale = StaleAmong(updated, updates); !stale.sagas.empty()) return stale;
  if (failed.has_value()) throw pg::SqlError(*failed);
  if (!NotAmong(keys.rows(), creates).empty()) return std::nullopt;
  return committed;
}

pg::Reply TurnWriter::Fence(pg::Tx& tx, const Turn& turn, const std::map<int, std::int64_t>& ends) const {
  return tx.Queue(fence_, Column(turn.shards, [](auto& s) { return Smallint(s.shard); }),
                  Column(turn.shards, [](auto& s) { return s.token; }),
                  Column(turn.shards, [](auto& s) { return s.turn; }),
                  Column(turn.shards, [](auto& s) { return s.relayed_position; }),
                  Column(turn.shards, [](auto& s) { return s.next_position; }),
                  Column(turn.shards, [&](auto& s) { return ends.at(s.shard); }));
}

pg::Reply TurnWriter::ClaimKeys(pg::Tx& tx, const Writes& creates) const {
  if (creates.empty()) return {};
  return tx.Queue(keys_, Shards(creates), Column(creates, [](auto* w) { return w->create->scope; }),
                  Column(creates, [](auto* w) { return w->create->key; }), Ids(creates),
                  Column(creates, [](auto* w) { return w->create->fingerprint; }));
}

std::vector<DuplicateOrder> TurnWriter::Duplicates(pg::Tx& tx, const Turn& turn) const {
  const Writes creates = Sorted(turn, {}).creates;
  std::vector<DuplicateOrder> duplicates;
  absl::flat_hash_set<Uuid> known;
  for (const auto& row :
       tx.Exec(duplicates_, Shards(creates), Column(creates, [](auto* w) { return w->create->scope; }),
               Column(creates, [](auto* w) { return w->create->key; }), Ids(creates))) {
    duplicates.push_back({*Uuid::Parse(row[0].view()), *Uuid::Parse(row[1].view()),
                          ParseStatus(row[2].view()).value_or(Status::kPending), row[3].c_str()});
    known.insert(duplicates.back().requested);
  }
  // Of those with the same key in this very turn the first makes the order.
  std::map<std::pair<std::string, std::string>, const SagaWrite*> firsts;
  for (const SagaWrite* write : creates) {
    if (known.contains(write->saga.id())) continue;
    const auto [first, fresh] = firsts.try_emplace({write->create->scope, write->create->key}, write);
    if (fresh) continue;
    const SagaWrite& made = *first->second;
    duplicates.push_back({write->saga.id(), made.saga.id(), made.saga.status, made.create->fingerprint});
  }
  return duplicates;
}

void TurnWriter::Insert(pg::Tx& tx, const Writes& writes) const {
  if (writes.empty()) return;
  tx.Queue(insert_, Shards(writes), Ids(writes),
           Column(writes, [](auto* w) { return std::int32_t{w->saga.definition_version}; }),
           Column(writes, [](auto* w) { return Name(w->saga.phase); }),
           Column(writes, [](auto* w) { return Smallint(w->saga.step); }),
           Column(writes, [](auto* w) { return Name(w->saga.status); }),
           Column(writes, [](auto* w) { return w->saga.ending ? Name(*w->saga.ending) : std::string_view(); }),
           Column(writes, [](auto* w) { return w->saga.reason; }),
           Column(writes, [](auto* w) { return w->saga.parked; }),
           Column(writes, [](auto* w) { return w->saga.due_at; }),
           Column(writes, [](auto* w) { return w->saga.deadline_at; }),
           Column(writes, [](auto* w) { return w->saga.order->created_at; }),
           Column(writes, [](auto* w) { return w->saga.updated_at; }),
           Column(writes, [](auto* w) { return w->saga.finished_at; }),
           Column(writes, [](auto* w) { return w->saga.version; }),
           Column(writes, [](auto* w) { return w->saga.event_sequence; }),
           Column(writes, [](auto* w) { return pg::Json{EncodeOrder(*w->saga.order)}; }),
           Column(writes, [](auto* w) { return pg::Json{EncodeState(w->saga)}; }));
}

pg::Reply TurnWriter::Update(pg::Tx& tx, const Writes& writes) const {
  if (writes.empty()) return {};
  return tx.Queue(
      update_, Shards(writes), Ids(writes), Column(writes, [](auto* w) { return Name(w->saga.phase); }),
      Column(writes, [](auto* w) { return Smallint(w->saga.step); }),
      Column(writes, [](auto* w) { return Name(w->saga.status); }),
      Column(writes, [](auto* w) { return w->saga.ending ? Name(*w->saga.ending) : std::string_view(); }),
      Column(writes, [](auto* w) { return w->saga.reason; }), Column(writes, [](auto* w) { return w->saga.parked; }),
      Column(writes, [](auto* w) { return w->saga.due_at; }),
      Column(writes, [](auto* w) { return w->saga.deadline_at; }),
      Column(writes, [](auto* w) { return w->saga.updated_at; }),
      Column(writes, [](auto* w) { return w->saga.finished_at; }),
      Column(writes, [](auto* w) { return w->saga.version; }),
      Column(writes, [](auto* w) { return w->saga.event_sequence; }),
      Column(writes, [](auto* w) { return pg::Json{EncodeState(w->saga)}; }),
      Column(writes, [](auto* w) { return w->saga.version - static_cast<std::int64_t>(w->journal.size()); }));
}

void TurnWriter::Park(pg::Tx& tx, const Turn& turn) const {
  if (turn.parks.empty()) return;
  tx.Queue(park_, Column(turn.parks, [](auto& p) { return Smallint(p.id.shard()); }),
           Column(turn.parks, [](auto& p) { return p.id; }), Column(turn.parks, [](auto& p) { return p.reason; }));
}

void TurnWriter::MoveHeld(pg::Tx& tx, const Turn& turn) const {
  std::vector<std::pair<int, HoldWrite>> holds;
  std::vector<std::pair<int, std::int64_t>> releases;
  for (const ShardTurn& shard : turn.shards) {
    for (const HoldWrite& hold : shard.hold) holds.emplace_back(shard.shard, hold);
    for (const std::int64_t position : shard.release) releases.emplace_back(shard.shard, position);
  }
  if (!holds.empty()) {
    tx.Queue(hold_, Column(holds, [](auto& h) { return Smallint(h.first); }),
             Column(holds, [](auto& h) { return h.second.position; }),
             Column(holds, [](auto& h) { return h.second.reason; }));
  }
  if (!releases.empty()) {
    tx.Queue(release_, Column(releases, [](auto& r) { return Smallint(r.first); }),
             Column(releases, [](auto& r) { return r.second; }));
  }
}

void TurnWriter::AppendJournal(pg::Tx& tx, const Writes& writes) const {
  std::vector<JournalRow> rows;
  for (const SagaWrite* write : writes) {
    for (const JournalEntry& entry : write->journal) rows.push_back({&write->saga, &entry});
  }
  if (rows.empty()) return;
  tx.Queue(journal_, Column(rows, [](auto& r) { return Smallint(r.saga->id().shard()); }),
           Column(rows, [](auto& r) { return r.saga->id(); }), Column(rows, [](auto& r) { return r.entry->sequence; }),
           Column(rows, [](auto& r) { return r.entry->at; }), Column(rows, [](auto& r) { return r.entry->event; }),
           Column(rows, [](auto& r) { return r.entry->detail; }),
           Column(rows, [](auto& r) { return Name(r.entry->phase); }));
}

void TurnWriter::AppendEvents(pg::Tx& tx, const std::vector<OutboxEvent>& events) const {
  if (events.empty()) return;
  tx.Queue(outbox_, Column(events, [](auto& e) { return Smallint(e.shard); }),
           Column(events, [](auto& e) { return e.position; }), Column(events, [](auto& e) { return e.order_id; }),
           Column(events, [](auto& e) { return e.sequence; }), Column(events, [](auto& e) { return e.routing_key; }),
           Column(events, [](auto& e) { return std::string_view(e.body); }),
           Column(events, [](auto& e) { return e.at; }));
}

}  // namespace ordersaga::orchestrator

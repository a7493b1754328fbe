#include "orchestrator/adapters/pg/turn_writer.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/events/encode.h"
#include "orchestrator_sql.embed.h"
#include "platform/base/fault_point.h"
#include "platform/pg/sql.h"

namespace ordersaga::orchestrator {
namespace {

using Writes = std::vector<const SagaWrite*>;

std::string Shards(const Writes& writes) {
  return Column(writes, [](auto* w) { return std::int64_t{w->saga.id().shard()}; });
}
std::string Ids(const Writes& writes) {
  return Column(writes, [](auto* w) { return w->saga.id().ToString(); });
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

Stale StaleAmong(const pg::Reply& updated, const Writes& updates) {
  Stale stale;
  for (const SagaWrite* write : NotAmong(updated.rows(), updates)) stale.sagas.push_back(write->saga.id());
  return stale;
}

// The owner alone moves the end of its stream: another end means another owner, as no row at all does.
Fenced NotOurs(const Turn& turn, const std::map<int, std::int64_t>& next_position) {
  Fenced fenced;
  for (const ShardTurn& sent : turn.shards) {
    const auto found = next_position.find(sent.shard);
    if (found == next_position.end() || found->second != sent.next_position) fenced.shards.push_back(sent.shard);
  }
  return fenced;
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
      positions_(pg::SqlFile(kOrchestratorSql, "turn_positions.sql")),
      hold_(pg::SqlFile(kOrchestratorSql, "turn_hold.sql")),
      release_(pg::SqlFile(kOrchestratorSql, "turn_release.sql")) {}

// What is known first, the writes, the COMMIT: three round trips.
CommitResult TurnWriter::Write(pg::Tx& tx, const Turn& turn) const {
  Writes creates;
  Writes updates;
  for (const SagaWrite& write : turn.writes) {
    (write.create.has_value() ? creates : updates).push_back(&write);
  }
  const pg::Reply fence = Fence(tx, turn);
  const pg::Reply claimed = ClaimKeys(tx, creates);
  tx.Wait();
  std::map<int, std::int64_t> next_position;
  for (const auto& row : fence.rows()) next_position.emplace(row[0].as<int>(), row[1].as<std::int64_t>());
  if (Fenced fenced = NotOurs(turn, next_position); !fenced.shards.empty()) return fenced;
  FaultPoint("orchestrator.inside_commit");

  Committed committed;
  committed.duplicates = Duplicates(tx, creates, claimed.rows());
  absl::flat_hash_set<Uuid> dropped;
  for (const DuplicateOrder& duplicate : committed.duplicates) dropped.insert(duplicate.requested);
  std::erase_if(creates, [&](const SagaWrite* w) { return dropped.contains(w->saga.id()); });

  Insert(tx, creates);
  const pg::Reply updated = Update(tx, updates);
  Park(tx, turn);
  MoveHeld(tx, turn);
  Writes kept = std::move(creates);
  kept.insert(kept.end(), updates.begin(), updates.end());
  AppendJournal(tx, kept);
  AppendEvents(tx, kept, next_position, committed);
  try {
    tx.Wait();
  } catch (const pg::SqlError&) {
    // What the journal says of a stale saga's step is there already: that is what failed then.
    if (!updated.rows().done() || StaleAmong(updated, updates).sagas.empty()) throw;
  }
  if (Stale stale = StaleAmong(updated, updates); !stale.sagas.empty()) return stale;
  return committed;
}

pg::Reply TurnWriter::Fence(pg::Tx& tx, const Turn& turn) const {
  return tx.Queue(fence_, Column(turn.shards, [](auto& s) { return std::int64_t{s.shard}; }),
                  Column(turn.shards, [](auto& s) { return s.token; }),
                  Column(turn.shards, [](auto& s) { return s.turn; }),
                  Column(turn.shards, [](auto& s) { return s.relayed_position; }));
}

pg::Reply TurnWriter::ClaimKeys(pg::Tx& tx, const Writes& creates) const {
  if (creates.empty()) return {};
  return tx.Queue(keys_, Shards(creates), Column(creates, [](auto* w) { return w->create->scope; }),
                  Column(creates, [](auto* w) { return w->create->key; }), Ids(creates),
                  Column(creates, [](auto* w) { return w->create->fingerprint; }));
}

std::vector<DuplicateOrder> TurnWriter::Duplicates(pg::Tx& tx, const Writes& creates, const pg::Result& claimed) const {
  std::vector<DuplicateOrder> duplicates;
  const Writes taken = NotAmong(claimed, creates);
  if (taken.empty()) return duplicates;
  for (const auto& row : tx.Exec(duplicates_, Shards(taken), Column(taken, [](auto* w) { return w->create->scope; }),
                                 Column(taken, [](auto* w) { return w->create->key; }), Ids(taken))) {
    duplicates.push_back({*Uuid::Parse(row[0].c_str()), *Uuid::Parse(row[1].c_str()),
                          ParseStatus(row[2].c_str()).value_or(Status::kPending), row[3].c_str()});
  }
  return duplicates;
}

void TurnWriter::Insert(pg::Tx& tx, const Writes& writes) const {
  if (writes.empty()) return;
  tx.Queue(insert_, Shards(writes), Ids(writes),
           Column(writes, [](auto* w) { return std::int64_t{w->saga.definition_version}; }),
           Column(writes, [](auto* w) { return std::string(Name(w->saga.phase)); }),
           Column(writes, [](auto* w) { return static_cast<std::int64_t>(w->saga.step); }),
           Column(writes, [](auto* w) { return std::string(Name(w->saga.status)); }),
           Column(writes, [](auto* w) { return std::string(w->saga.ending ? Name(*w->saga.ending) : ""); }),
           Column(writes, [](auto* w) { return w->saga.reason; }),
           Column(writes, [](auto* w) { return w->saga.parked; }),
           Column(writes, [](auto* w) { return ToPgOrNull(w->saga.due_at); }),
           Column(writes, [](auto* w) { return ToPgOrNull(w->saga.deadline_at); }),
           Column(writes, [](auto* w) { return pg::ToPg(w->saga.order->created_at); }),
           Column(writes, [](auto* w) { return pg::ToPg(w->saga.updated_at); }),
           Column(writes, [](auto* w) { return ToPgOrNull(w->saga.finished_at); }),
           Column(writes, [](auto* w) { return w->saga.version; }),
           Column(writes, [](auto* w) { return w->saga.event_sequence; }),
           Column(writes, [](auto* w) { return EncodeOrder(*w->saga.order); }),
           Column(writes, [](auto* w) { return EncodeState(w->saga); }));
}

pg::Reply TurnWriter::Update(pg::Tx& tx, const Writes& writes) const {
  if (writes.empty()) return {};
  return tx.Queue(
      update_, Shards(writes), Ids(writes), Column(writes, [](auto* w) { return std::string(Name(w->saga.phase)); }),
      Column(writes, [](auto* w) { return static_cast<std::int64_t>(w->saga.step); }),
      Column(writes, [](auto* w) { return std::string(Name(w->saga.status)); }),
      Column(writes, [](auto* w) { return std::string(w->saga.ending ? Name(*w->saga.ending) : ""); }),
      Column(writes, [](auto* w) { return w->saga.reason; }), Column(writes, [](auto* w) { return w->saga.parked; }),
      Column(writes, [](auto* w) { return ToPgOrNull(w->saga.due_at); }),
      Column(writes, [](auto* w) { return ToPgOrNull(w->saga.deadline_at); }),
      Column(writes, [](auto* w) { return pg::ToPg(w->saga.updated_at); }),
      Column(writes, [](auto* w) { return ToPgOrNull(w->saga.finished_at); }),
      Column(writes, [](auto* w) { return w->saga.version; }),
      Column(writes, [](auto* w) { return w->saga.event_sequence; }),
      Column(writes, [](auto* w) { return EncodeState(w->saga); }),
      Column(writes, [](auto* w) { return w->saga.version - static_cast<std::int64_t>(w->journal.size()); }));
}

void TurnWriter::Park(pg::Tx& tx, const Turn& turn) const {
  if (turn.parks.empty()) return;
  tx.Queue(park_, Column(turn.parks, [](auto& p) { return std::int64_t{p.id.shard()}; }),
           Column(turn.parks, [](auto& p) { return p.id.ToString(); }),
           Column(turn.parks, [](auto& p) { return p.reason; }));
}

void TurnWriter::MoveHeld(pg::Tx& tx, const Turn& turn) const {
  std::vector<std::pair<int, HoldWrite>> holds;
  std::vector<std::pair<int, std::int64_t>> releases;
  for (const ShardTurn& shard : turn.shards) {
    for (const HoldWrite& hold : shard.hold) holds.emplace_back(shard.shard, hold);
    for (const std::int64_t position : shard.release) releases.emplace_back(shard.shard, position);
  }
  if (!holds.empty()) {
    tx.Queue(hold_, Column(holds, [](auto& h) { return std::int64_t{h.first}; }),
             Column(holds, [](auto& h) { return h.second.position; }),
             Column(holds, [](auto& h) { return h.second.reason; }));
  }
  if (!releases.empty()) {
    tx.Queue(release_, Column(releases, [](auto& r) { return std::int64_t{r.first}; }),
             Column(releases, [](auto& r) { return r.second; }));
  }
}

void TurnWriter::AppendJournal(pg::Tx& tx, const Writes& writes) const {
  std::vector<JournalRow> rows;
  for (const SagaWrite* write : writes) {
    for (const JournalEntry& entry : write->journal) rows.push_back({&write->saga, &entry});
  }
  if (rows.empty()) return;
  tx.Queue(journal_, Column(rows, [](auto& r) { return std::int64_t{r.saga->id().shard()}; }),
           Column(rows, [](auto& r) { return r.saga->id().ToString(); }),
           Column(rows, [](auto& r) { return r.entry->sequence; }),
           Column(rows, [](auto& r) { return pg::ToPg(r.entry->at); }),
           Column(rows, [](auto& r) { return r.entry->event; }), Column(rows, [](auto& r) { return r.entry->detail; }),
           Column(rows, [](auto& r) { return std::string(Name(r.entry->phase)); }));
}

void TurnWriter::AppendEvents(pg::Tx& tx, const Writes& writes, std::map<int, std::int64_t>& next_position,
                              Committed& committed) const {
  std::vector<OutboxEvent>& rows = committed.events;
  for (const SagaWrite* write : writes) {
    const Uuid& id = write->saga.id();
    for (const DomainEvent& event : write->events) {
      rows.push_back({id.shard(), next_position.at(id.shard())++, id, event.sequence,
                      std::string(RoutingKey(event.type)), EncodeBody(*write->saga.order, event), event.at,
                      write->saga.order->traceparent});
    }
  }
  if (rows.empty()) return;
  tx.Queue(outbox_, Column(rows, [](auto& e) { return std::int64_t{e.shard}; }),
           Column(rows, [](auto& e) { return e.position; }),
           Column(rows, [](auto& e) { return e.order_id.ToString(); }),
           Column(rows, [](auto& e) { return e.sequence; }), Column(rows, [](auto& e) { return e.routing_key; }),
           Column(rows, [](auto& e) { return e.body; }), Column(rows, [](auto& e) { return pg::ToPg(e.at); }));
  tx.Queue(positions_, Column(next_position, [](auto& p) { return std::int64_t{p.first}; }),
           Column(next_position, [](auto& p) { return p.second; }));
}

}  // namespace ordersaga::orchestrator

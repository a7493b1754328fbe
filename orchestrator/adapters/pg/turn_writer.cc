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

CommitResult TurnWriter::Write(pg::Tx& tx, const Turn& turn) const {
  std::map<int, std::int64_t> next_position;
  if (Fenced fenced = Fence(tx, turn, next_position); !fenced.shards.empty()) return fenced;
  FaultPoint("orchestrator.inside_commit");

  Committed committed;
  Writes creates;
  Writes updates;
  for (const SagaWrite& write : turn.writes) {
    (write.create.has_value() ? creates : updates).push_back(&write);
  }
  committed.duplicates = ClaimKeys(tx, creates);
  absl::flat_hash_set<Uuid> dropped;
  for (const DuplicateOrder& duplicate : committed.duplicates) dropped.insert(duplicate.requested);
  std::erase_if(creates, [&](const SagaWrite* w) { return dropped.contains(w->saga.id()); });

  Insert(tx, creates);
  if (std::vector<Uuid> stale = Update(tx, updates); !stale.empty()) {
    return Stale{std::move(stale)};
  }
  Park(tx, turn);
  MoveHeld(tx, turn);
  Writes kept = std::move(creates);
  kept.insert(kept.end(), updates.begin(), updates.end());
  AppendJournal(tx, kept);
  AppendEvents(tx, kept, next_position, committed);
  return committed;
}

Fenced TurnWriter::Fence(pg::Tx& tx, const Turn& turn, std::map<int, std::int64_t>& next_position) const {
  const pqxx::result rows =
      tx.Exec(fence_, Column(turn.shards, [](auto& s) { return std::int64_t{s.shard}; }),
              Column(turn.shards, [](auto& s) { return s.token; }), Column(turn.shards, [](auto& s) { return s.turn; }),
              Column(turn.shards, [](auto& s) { return s.relayed_position; }));
  for (const auto& row : rows) next_position.emplace(row[0].as<int>(), row[1].as<std::int64_t>());
  Fenced fenced;
  for (const ShardTurn& sent : turn.shards) {
    const auto found = next_position.find(sent.shard);
    // The owner alone moves the end of its stream: another end means another owner.
    if (found == next_position.end() || found->second != sent.next_position) {
      fenced.shards.push_back(sent.shard);
    }
  }
  return fenced;
}

std::vector<DuplicateOrder> TurnWriter::ClaimKeys(pg::Tx& tx, const Writes& creates) const {
  std::vector<DuplicateOrder> duplicates;
  if (creates.empty()) return duplicates;
  const auto scope = [](auto* w) { return w->create->scope; };
  const auto key = [](auto* w) { return w->create->key; };
  const pqxx::result claimed = tx.Exec(keys_, Shards(creates), Column(creates, scope), Column(creates, key),
                                       Ids(creates), Column(creates, [](auto* w) { return w->create->fingerprint; }));
  if (claimed.size() == creates.size()) return duplicates;
  absl::flat_hash_set<std::string> fresh;
  for (const auto& row : claimed) fresh.insert(row[0].c_str());
  Writes taken;
  for (const SagaWrite* write : creates) {
    if (!fresh.contains(write->saga.id().ToString())) taken.push_back(write);
  }
  for (const auto& row : tx.Exec(duplicates_, Shards(taken), Column(taken, scope), Column(taken, key), Ids(taken))) {
    duplicates.push_back({*Uuid::Parse(row[0].c_str()), *Uuid::Parse(row[1].c_str()),
                          ParseStatus(row[2].c_str()).value_or(Status::kPending), row[3].c_str()});
  }
  return duplicates;
}

void TurnWriter::Insert(pg::Tx& tx, const Writes& writes) const {
  if (writes.empty()) return;
  tx.Exec(insert_, Shards(writes), Ids(writes),
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

std::vector<Uuid> TurnWriter::Update(pg::Tx& tx, const Writes& writes) const {
  std::vector<Uuid> stale;
  if (writes.empty()) return stale;
  const pqxx::result rows = tx.Exec(
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
  if (rows.size() == writes.size()) return stale;
  absl::flat_hash_set<std::string> updated;
  for (const auto& row : rows) updated.insert(row[0].c_str());
  for (const SagaWrite* write : writes) {
    if (!updated.contains(write->saga.id().ToString())) stale.push_back(write->saga.id());
  }
  return stale;
}

void TurnWriter::Park(pg::Tx& tx, const Turn& turn) const {
  if (turn.parks.empty()) return;
  tx.Exec(park_, Column(turn.parks, [](auto& p) { return std::int64_t{p.id.shard()}; }),
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
    tx.Exec(hold_, Column(holds, [](auto& h) { return std::int64_t{h.first}; }),
            Column(holds, [](auto& h) { return h.second.position; }),
            Column(holds, [](auto& h) { return h.second.reason; }));
  }
  if (!releases.empty()) {
    tx.Exec(release_, Column(releases, [](auto& r) { return std::int64_t{r.first}; }),
            Column(releases, [](auto& r) { return r.second; }));
  }
}

void TurnWriter::AppendJournal(pg::Tx& tx, const Writes& writes) const {
  std::vector<JournalRow> rows;
  for (const SagaWrite* write : writes) {
    for (const JournalEntry& entry : write->journal) rows.push_back({&write->saga, &entry});
  }
  if (rows.empty()) return;
  tx.Exec(journal_, Column(rows, [](auto& r) { return std::int64_t{r.saga->id().shard()}; }),
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
                      std::string(RoutingKey(event.type)), EncodeBody(*write->saga.order, event), event.at});
    }
  }
  if (rows.empty()) return;
  tx.Exec(outbox_, Column(rows, [](auto& e) { return std::int64_t{e.shard}; }),
          Column(rows, [](auto& e) { return e.position; }), Column(rows, [](auto& e) { return e.order_id.ToString(); }),
          Column(rows, [](auto& e) { return e.sequence; }), Column(rows, [](auto& e) { return e.routing_key; }),
          Column(rows, [](auto& e) { return e.body; }), Column(rows, [](auto& e) { return pg::ToPg(e.at); }));
  tx.Exec(positions_, Column(next_position, [](auto& p) { return std::int64_t{p.first}; }),
          Column(next_position, [](auto& p) { return p.second; }));
}

}  // namespace ordersaga::orchestrator

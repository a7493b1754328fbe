#include "orchestrator/adapters/memory/memory_store.h"

#include <algorithm>

#include "platform/base/text.h"

namespace ordersaga::orchestrator {
namespace {

bool IsStorable(std::string_view text) {
  return text.find('\0') == std::string_view::npos && IsValidUtf8(text);
}

// PostgreSQL's rule for text, for every text of a write that it would keep as such.
bool IsStorable(const SagaWrite& write) {
  const Saga& saga = write.saga;
  std::vector<std::string_view> texts = {saga.reason, saga.message, saga.parked, saga.order->user_email,
                                         saga.order->traceparent};
  for (const OrderLine& line : saga.order->lines) texts.push_back(line.item_id);
  for (const StepRecord& step : saga.steps) texts.insert(texts.end(), {step.reason, step.last_error, step.evidence});
  for (const JournalEntry& entry : write.journal) texts.insert(texts.end(), {entry.event, entry.detail});
  if (write.create.has_value()) {
    texts.insert(texts.end(), {write.create->client, write.create->key, write.create->fingerprint});
  }
  return std::all_of(texts.begin(), texts.end(), [](std::string_view text) { return IsStorable(text); });
}

MemoryDatabase::Key KeyOf(const SagaWrite& write) {
  return {write.saga.id().shard(), write.create->client, write.create->key};
}

std::vector<OutboxEvent> EventsOf(const std::map<std::pair<int, std::int64_t>, OutboxEvent>& rows, int shard,
                                  std::int64_t after, int limit) {
  std::vector<OutboxEvent> events;
  for (auto it = rows.lower_bound({shard, after + 1}); it != rows.end() && it->first.first == shard && limit > 0;
       ++it, --limit) {
    events.push_back(it->second);
  }
  return events;
}

}  // namespace

void MemoryStore::Commit(Turn turn, std::function<void(CommitResult)> done) {
  done(Apply(turn));
}

CommitResult MemoryStore::Apply(const Turn& turn) {
  Fenced fenced;
  for (const ShardTurn& sent : turn.shards) {
    const MemoryDatabase::ShardState& stored = db_.shards[sent.shard];
    if (stored.token != sent.token || stored.next_position != sent.next_position) fenced.shards.push_back(sent.shard);
  }
  if (!fenced.shards.empty()) return fenced;
  Stale stale;
  for (const SagaWrite& write : turn.writes) {
    if (write.create.has_value()) continue;
    const auto stored = db_.sagas.find(write.saga.id());
    const auto entries = static_cast<std::int64_t>(write.journal.size());
    if (stored == db_.sagas.end() || stored->second.version + entries != write.saga.version) {
      stale.sagas.push_back(write.saga.id());
    }
  }
  if (!stale.sagas.empty()) return stale;
  BadRows bad = Unstorable(turn);
  if (!bad.sagas.empty()) return bad;

  Committed committed;
  for (const ShardTurn& sent : turn.shards) {
    db_.shards[sent.shard].turn = sent.turn;
    std::int64_t& relayed = db_.shards[sent.shard].relayed_position;
    relayed = std::max(relayed, sent.relayed_position);
    for (const HoldWrite& hold : sent.hold) {
      const std::pair key(sent.shard, hold.position);
      db_.held.emplace(key, db_.outbox.at(key));
    }
    for (const std::int64_t position : sent.release) db_.held.erase({sent.shard, position});
    for (const LogRow& row : sent.log) {
      db_.operator_log.push_back(row);
      db_.shards[sent.shard].log_head = {row.number, row.mac};
    }
  }
  for (const SagaWrite& write : turn.writes) Write(write, committed);
  for (const HoldChange& change : turn.participants) Write(change);
  for (const ParkWrite& park : turn.parks) {
    const auto found = db_.sagas.find(park.id);
    if (found == db_.sagas.end() || found->second.finished()) continue;
    found->second.parked = park.reason;
    found->second.due_at.reset();
  }
  return committed;
}

BadRows MemoryStore::Unstorable(const Turn& turn) const {
  BadRows bad;
  for (const SagaWrite& write : turn.writes) {
    const Uuid& id = write.saga.id();
    const bool id_taken = write.create.has_value() && db_.sagas.contains(id) && !db_.keys.contains(KeyOf(write));
    if (!id_taken && IsStorable(write)) continue;
    bad.sagas.push_back(id);
    bad.error = id_taken ? "an id that is taken" : "text with NUL, or that is not UTF-8";
  }
  return bad;
}

void MemoryStore::Write(const SagaWrite& write, Committed& committed) {
  const Uuid& id = write.saga.id();
  if (write.create.has_value()) {
    const auto [key, fresh] =
        db_.keys.try_emplace(KeyOf(write), MemoryDatabase::KeyState{id, write.create->fingerprint});
    if (!fresh) {
      const Uuid& existing = key->second.saga;
      committed.duplicates.push_back({id, existing, db_.sagas.at(existing).status, key->second.fingerprint});
      return;
    }
  }
  db_.sagas.insert_or_assign(id, write.saga);
  auto& journal = db_.journal[id];
  journal.insert(journal.end(), write.journal.begin(), write.journal.end());
  auto& shard = db_.shards[id.shard()];
  for (const DomainEvent& event : write.events) {
    OutboxEvent row{
        id.shard(), shard.next_position++,        id, event.sequence, std::string(event.type->routing_key), "",
        event.at,   write.saga.order->traceparent};
    db_.outbox.emplace(std::pair(row.shard, row.position), row);
    committed.events.push_back(std::move(row));
  }
}

void MemoryStore::Write(const HoldChange& change) {
  if (change.begins) {
    db_.holds.push_back({change.participant, change.at, std::nullopt, change.by, change.reason});
    return;
  }
  for (ParticipantHold& hold : db_.holds) {
    if (hold.participant == change.participant && !hold.until.has_value()) hold.until = change.at;
  }
}

void MemoryStore::ReadShards(std::vector<int> shards, std::function<void(absl::StatusOr<std::vector<ShardRow>>)> done) {
  std::vector<ShardRow> rows;
  for (const int shard : shards) {
    rows.push_back({shard, db_.shards[shard].token, db_.shards[shard].turn});
  }
  done(std::move(rows));
}

ShardContents MemoryStore::Contents(int shard) const {
  const MemoryDatabase::ShardState& state = db_.shards[shard];
  ShardContents contents{shard, state.next_position, state.relayed_position, {}, 0, 0, {}, {}};
  std::map<std::string, std::int64_t> clients;
  for (const auto& [id, saga] : db_.sagas) {
    if (id.shard() != shard || saga.finished()) continue;
    if (saga.status == Status::kPending && !saga.order->client.empty()) ++clients[saga.order->client];
    if (!saga.parked.empty()) {
      ++contents.parked;
    } else if (saga.phase == Phase::kWaiting) {
      ++contents.waiting;
    } else {
      contents.open.push_back(
          {id, saga.definition_version, saga.step, saga.phase == Phase::kCompensating, saga.due_at});
    }
  }
  for (const auto& [client, orders] : clients) contents.clients.push_back({client, orders});
  std::map<Uuid, std::int64_t> held;
  for (const auto& [key, event] : db_.held) held[event.order_id] += key.first == shard ? 1 : 0;
  for (const auto& [id, events] : held) {
    if (events > 0) contents.held.push_back({id, events});
  }
  contents.log_head = state.log_head;
  return contents;
}

void MemoryStore::LoadShard(int shard, std::function<void(absl::StatusOr<ShardContents>)> done) {
  done(Contents(shard));
}

SagasRead MemoryStore::Find(const std::vector<Uuid>& ids) const {
  SagasRead read;
  for (const Uuid& id : ids) {
    if (const auto found = db_.sagas.find(id); found != db_.sagas.end()) read.sagas.push_back(found->second);
  }
  return read;
}

SagasRead MemoryStore::OldestWaiting(int shard, int limit) const {
  SagasRead read;
  for (const auto& [id, saga] : db_.sagas) {
    if (static_cast<int>(read.sagas.size()) >= limit) break;
    if (id.shard() == shard && saga.phase == Phase::kWaiting && saga.parked.empty()) read.sagas.push_back(saga);
  }
  return read;
}

void MemoryStore::ReadSagas(std::vector<Uuid> ids, std::function<void(absl::StatusOr<SagasRead>)> done) {
  done(Find(ids));
}

void MemoryStore::ReadWaiting(int shard, int limit, std::function<void(absl::StatusOr<SagasRead>)> done) {
  done(OldestWaiting(shard, limit));
}

void MemoryStore::ReadEvents(int shard, std::int64_t after, int limit,
                             std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)> done) {
  done(EventsOf(db_.outbox, shard, after, limit));
}

void MemoryStore::ReadHeld(int shard, std::int64_t after, int limit,
                           std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)> done) {
  done(EventsOf(db_.held, shard, after, limit));
}

void MemoryStore::Lease(LeaseRequest request, std::function<void(absl::StatusOr<LeaseReply>)> done) {
  done(Apply(request));
}

LeaseReply MemoryStore::Apply(const LeaseRequest& request) {
  LeaseReply reply;
  reply.now = clock_.Now();
  if (request.leaving) {
    db_.replicas.erase(request.owner);
  } else {
    db_.replicas[request.owner] = reply.now + request.lease;
  }
  for (const ShardLease& lease : request.renew) {
    MemoryDatabase::ShardState& state = db_.shards[lease.shard];
    if (state.token != lease.token) continue;
    state.lease_until = reply.now + request.lease;
    reply.renewed.push_back(lease);
  }
  for (const int shard : request.release) {
    if (db_.shards[shard].owner == request.owner) db_.shards[shard].lease_until = reply.now;
  }
  Take(request, reply);
  reply.holds = db_.holds;
  for (const auto& [owner, seen_until] : db_.replicas) reply.replicas.push_back({owner, seen_until});
  for (int shard = 0; shard < static_cast<int>(db_.shards.size()); ++shard) {
    const MemoryDatabase::ShardState& state = db_.shards[shard];
    reply.owners.push_back({shard, state.owner, state.address, state.lease_until});
  }
  return reply;
}

void MemoryStore::Take(const LeaseRequest& request, LeaseReply& reply) {
  for (int shard = 0; shard < static_cast<int>(db_.shards.size()); ++shard) {
    MemoryDatabase::ShardState& state = db_.shards[shard];
    const bool silent = std::any_of(request.silent.begin(), request.silent.end(), [&](const ShardTerm& term) {
      return term.shard == shard && term.lease_until == state.lease_until;
    });
    const bool free = (state.lease_until <= reply.now || silent) && !state.locked;
    if (!free || static_cast<int>(reply.taken.size()) >= request.take) continue;
    state.owner = request.owner;
    state.address = request.address;
    state.lease_until = reply.now + request.lease;
    reply.taken.push_back({shard, ++state.token});
  }
}

}  // namespace ordersaga::orchestrator

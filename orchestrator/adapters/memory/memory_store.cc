#include "orchestrator/adapters/memory/memory_store.h"

namespace ordersaga::orchestrator {

void MemoryStore::Commit(Turn turn, std::function<void(CommitResult)> done) {
  done(Apply(turn));
}

CommitResult MemoryStore::Apply(const Turn& turn) {
  Fenced fenced;
  for (const ShardTurn& sent : turn.shards) {
    if (db_.shards[sent.shard].token != sent.token) fenced.shards.push_back(sent.shard);
  }
  if (!fenced.shards.empty()) return fenced;
  BadRows bad;
  for (const SagaWrite& write : turn.writes) {
    if (write.create.has_value()) continue;
    const auto stored = db_.sagas.find(write.saga.id());
    const auto entries = static_cast<std::int64_t>(write.journal.size());
    if (stored == db_.sagas.end() || stored->second.version + entries != write.saga.version) {
      bad.sagas.push_back(write.saga.id());
      bad.error = "version mismatch";
    }
  }
  if (!bad.sagas.empty()) return bad;

  Committed committed;
  for (const ShardTurn& sent : turn.shards) {
    db_.shards[sent.shard].turn = sent.turn;
    db_.shards[sent.shard].relayed_position = sent.relayed_position;
  }
  for (const SagaWrite& write : turn.writes) Write(write, committed);
  for (const ParkWrite& park : turn.parks) {
    db_.sagas.at(park.id).parked = park.reason;
    db_.sagas.at(park.id).due_at.reset();
  }
  return committed;
}

void MemoryStore::Write(const SagaWrite& write, Committed& committed) {
  const Uuid& id = write.saga.id();
  if (write.create.has_value()) {
    const auto [key, fresh] = db_.keys.try_emplace({write.create->scope, write.create->key},
                                                   MemoryDatabase::KeyState{id, write.create->fingerprint});
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
    OutboxEvent row{id.shard(), shard.next_position++, id, event.sequence, std::string(RoutingKey(event.type)), "",
                    event.at};
    db_.outbox.emplace(std::pair(row.shard, row.position), row);
    committed.events.push_back(std::move(row));
  }
}

void MemoryStore::ReadShards(std::vector<int> shards, std::function<void(absl::StatusOr<std::vector<ShardRow>>)> done) {
  std::vector<ShardRow> rows;
  for (const int shard : shards) {
    rows.push_back({shard, db_.shards[shard].token, db_.shards[shard].turn});
  }
  done(std::move(rows));
}

void MemoryStore::LoadShard(int shard, std::function<void(absl::StatusOr<ShardContents>)> done) {
  ShardContents contents{shard, db_.shards[shard].next_position, db_.shards[shard].relayed_position, {}, {}};
  for (const auto& [id, saga] : db_.sagas) {
    if (id.shard() == shard && !saga.finished()) contents.unfinished.push_back(saga);
  }
  done(std::move(contents));
}

void MemoryStore::ReadEvents(int shard, std::int64_t after, int limit,
                             std::function<void(absl::StatusOr<std::vector<OutboxEvent>>)> done) {
  std::vector<OutboxEvent> events;
  for (auto it = db_.outbox.lower_bound({shard, after + 1});
       it != db_.outbox.end() && it->first.first == shard && limit > 0; ++it, --limit) {
    events.push_back(it->second);
  }
  done(std::move(events));
}

void MemoryStore::Lease(LeaseRequest request, std::function<void(absl::StatusOr<LeaseReply>)> done) {
  LeaseReply reply;
  reply.now = clock_.Now();
  for (const ShardLease& lease : request.renew) {
    MemoryDatabase::ShardState& state = db_.shards[lease.shard];
    if (state.token != lease.token) continue;
    state.lease_until = reply.now + request.lease;
    reply.renewed.push_back(lease);
  }
  for (const int shard : request.release) {
    if (db_.shards[shard].owner == request.owner) db_.shards[shard].lease_until = reply.now;
  }
  for (int shard = 0; shard < static_cast<int>(db_.shards.size()); ++shard) {
    MemoryDatabase::ShardState& state = db_.shards[shard];
    if (static_cast<int>(reply.taken.size()) >= request.take || state.lease_until > reply.now) {
      continue;
    }
    state.owner = request.owner;
    state.address = request.address;
    state.lease_until = reply.now + request.lease;
    reply.taken.push_back({shard, ++state.token});
  }
  done(std::move(reply));
}

void MemoryStore::ListOwners(std::function<void(absl::StatusOr<std::vector<ShardOwner>>)> done) {
  std::vector<ShardOwner> owners;
  for (int shard = 0; shard < static_cast<int>(db_.shards.size()); ++shard) {
    const MemoryDatabase::ShardState& state = db_.shards[shard];
    owners.push_back({shard, state.owner, state.address, state.lease_until});
  }
  done(std::move(owners));
}

}  // namespace ordersaga::orchestrator

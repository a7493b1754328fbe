#include "tests/simulation/database.h"

#include <algorithm>
#include <utility>

namespace ordersaga::sim {

using orchestrator::BadRows;
using orchestrator::CommitResult;
using orchestrator::Committed;
using orchestrator::InDoubt;
using orchestrator::Unavailable;

bool Database::Locked(const std::vector<int>& shards) const {
  return std::any_of(shards.begin(), shards.end(),
                     [&](int shard) { return rows_.shards[static_cast<std::size_t>(shard)].locked; });
}

void Database::Lock(const std::vector<int>& shards, bool locked) {
  for (const int shard : shards) rows_.shards[static_cast<std::size_t>(shard)].locked = locked;
  if (locked) return;
  std::vector<Waiter> waiters = std::exchange(waiters_, {});
  for (Waiter& waiter : waiters) {
    world_.After(absl::ZeroDuration(), [this, waiter = std::move(waiter)]() mutable {
      WhenUnlocked(std::move(waiter.shards), std::move(waiter.then));
    });
  }
}

void Database::WhenUnlocked(std::vector<int> shards, World::Closure then) {
  if (!Locked(shards)) return then();
  waiters_.push_back({std::move(shards), std::move(then)});
}

// A turn on its way: fence executed at the begin, COMMIT at the end.
struct Connection::Transaction {
  orchestrator::Turn turn;
  std::function<void(CommitResult)> done;
  std::vector<int> shards;
  CommitResult result = Committed{};
  bool over = false;
};

absl::Duration Connection::Trip() {
  return world_.Between(absl::Microseconds(100), absl::Milliseconds(3));
}

void Connection::Answer(World::Closure answer) {
  world_.After(Trip(),
               [machine = machine_, answer = std::move(answer)]() mutable { machine->Deliver(std::move(answer)); });
}

void Connection::Commit(orchestrator::Turn turn, std::function<void(CommitResult)> done) {
  auto tx = std::make_shared<Transaction>();
  tx->turn = std::move(turn);
  tx->done = std::move(done);
  for (const orchestrator::ShardTurn& shard : tx->turn.shards) tx->shards.push_back(shard.shard);
  if (database_.on_commit) std::exchange(database_.on_commit, nullptr)(owner_);
  const auto arrive = [this, tx, machine = machine_] {
    if (!machine->alive()) return;
    database_.WhenUnlocked(tx->shards, [this, tx, machine] {
      if (machine->alive()) Begin(tx);
    });
  };
  // The thread that sends it may not have got to it before the process was frozen.
  world_.After(Trip(), [this, arrive] {
    if (machine_->frozen() && world_.Chance(0.5)) return machine_->Deliver(arrive);
    arrive();
  });
}

void Connection::Begin(std::shared_ptr<Transaction> tx) {
  if (database_.away) {
    world_.Hit(Fault::kDatabaseAway);
    return Answer([tx] { tx->done(Unavailable{"the database is away"}); });
  }
  database_.Lock(tx->shards, true);
  if (database_.on_begin) std::exchange(database_.on_begin, nullptr)(owner_);
  world_.After(Trip(), [this, tx, machine = machine_] { Finish(tx); });
  // A frozen owner's transaction does not last.
  world_.After(idle_limit_, [this, tx, machine = machine_] {
    if (tx->over) return;
    world_.Hit(Fault::kPauseInTurn);
    world_.Tell("{}: transaction idle for too long, thrown out", owner_);
    End(tx);
    machine->Deliver([tx] { tx->done(Unavailable{"terminating connection due to idle-in-transaction timeout"}); });
  });
}

void Connection::End(const std::shared_ptr<Transaction>& tx) {
  tx->over = true;
  database_.Lock(tx->shards, false);
}

void Connection::Apply(Transaction& tx) {
  for (const orchestrator::SagaWrite& write : tx.turn.writes) {
    if (database_.bad_rows.erase(write.saga.id()) == 0) continue;
    world_.Hit(Fault::kBadRow);
    tx.result = BadRows{{write.saga.id()}, "invalid byte sequence for encoding UTF8"};
    return;
  }
  tx.result = database_.store().Apply(tx.turn);
  if (std::holds_alternative<Committed>(tx.result)) database_.on_applied(owner_, tx.turn);
}

void Connection::Finish(const std::shared_ptr<Transaction>& tx) {
  if (tx->over) return;
  if (!machine_->alive()) return End(tx);
  if (machine_->frozen()) {
    // The rest of the statements come when it thaws, if the transaction is still there.
    machine_->Deliver([this, tx] { world_.After(Trip(), [this, tx] { Finish(tx); }); });
    return;
  }
  if (database_.away) {
    world_.Hit(Fault::kDatabaseAway);
    End(tx);
    // Nothing is stored. Whether the client learns that depends on whether the server has said why it goes.
    if (world_.Chance(0.5)) return Answer([tx] { tx->done(InDoubt{}); });
    return Answer([tx] { tx->done(Unavailable{"the database is away"}); });
  }
  if (!world_.Chance(database_.in_doubt)) {
    Apply(*tx);
    End(tx);
    return Answer([tx] { tx->done(tx->result); });
  }
  world_.Hit(Fault::kInDoubt);
  const std::size_t way = world_.Below(4);
  if (way == 3) return FailOver(tx);
  world_.Tell("{}: connection lost at COMMIT ({})", owner_,
              way == 0   ? "it did not arrive"
              : way == 1 ? "it went through"
                         : "it is still under way");
  const auto go_through = [this, tx] {
    Apply(*tx);
    End(tx);
  };
  if (way == 0) End(tx);
  if (way == 1) go_through();
  if (way == 2) {
    tx->over = true;  // nobody ends it but itself
    world_.After(world_.Between(absl::Milliseconds(5), absl::Milliseconds(300)), go_through);
  }
  Answer([tx] { tx->done(InDoubt{}); });
}

// The server has committed, its standby has not heard of it, and the wait for it is cut short: the answer is a warning.
// Then the standby takes over, and what was only here is gone.
void Connection::FailOver(const std::shared_ptr<Transaction>& tx) {
  world_.Tell("{}: committed on one server only, and another takes over", owner_);
  End(tx);
  return Answer([tx] { tx->done(InDoubt{}); });
  orchestrator::MemoryDatabase lost = database_.rows();
  tx->result = orchestrator::MemoryStore(lost, database_.clock()).Apply(tx->turn);
  End(tx);
  Answer([tx] { tx->done(tx->result); });
}

template <typename T>
void Connection::Read(std::function<T()> read, Done<T> done) {
  world_.After(Trip(), [this, machine = machine_, read = std::move(read), done = std::move(done)] {
    if (!machine->alive()) return;
    if (database_.away) {
      world_.Hit(Fault::kDatabaseAway);
      return Answer([done] { done(absl::UnavailableError("the database is away")); });
    }
    Answer([done, result = read()]() mutable { done(std::move(result)); });
  });
}

void Connection::ReadShards(std::vector<int> shards, Done<std::vector<orchestrator::ShardRow>> done) {
  world_.After(Trip(), [this, machine = machine_, shards, done = std::move(done)] {
    if (!machine->alive()) return;
    if (database_.away) {
      world_.Hit(Fault::kDatabaseAway);
      return Answer([done] { done(absl::UnavailableError("the database is away")); });
    }
    database_.WhenUnlocked(shards, [this, machine, shards, done] {
      if (!machine->alive()) return;
      std::vector<orchestrator::ShardRow> rows;
      for (const int shard : shards) {
        const auto& state = database_.rows().shards[static_cast<std::size_t>(shard)];
        rows.push_back({shard, state.token, state.turn});
      }
      Answer([done, rows] { done(rows); });
    });
  });
}

void Connection::LoadShard(int shard, Done<orchestrator::ShardContents> done) {
  Read<orchestrator::ShardContents>([this, shard] { return database_.store().Contents(shard); }, std::move(done));
}

void Connection::ReadSagas(std::vector<Uuid> ids, Done<orchestrator::SagasRead> done) {
  Read<orchestrator::SagasRead>([this, ids = std::move(ids)] { return database_.store().Find(ids); }, std::move(done));
}

void Connection::ReadWaiting(int shard, int limit, Done<orchestrator::SagasRead> done) {
  Read<orchestrator::SagasRead>([this, shard, limit] { return database_.store().OldestWaiting(shard, limit); },
                                std::move(done));
}

void Connection::ReadEvents(int shard, std::int64_t after, int limit,
                            Done<std::vector<orchestrator::OutboxEvent>> done) {
  using Events = std::vector<orchestrator::OutboxEvent>;
  Read<Events>(
      [this, shard, after, limit] {
        Events events;
        database_.store().ReadEvents(shard, after, limit, [&](absl::StatusOr<Events> read) { events = *read; });
        return events;
      },
      std::move(done));
}

void Connection::ReadHeld(int shard, std::int64_t after, int limit, Done<std::vector<orchestrator::OutboxEvent>> done) {
  using Events = std::vector<orchestrator::OutboxEvent>;
  Read<Events>(
      [this, shard, after, limit] {
        Events events;
        database_.store().ReadHeld(shard, after, limit, [&](absl::StatusOr<Events> read) { events = *read; });
        return events;
      },
      std::move(done));
}

void Connection::Lease(orchestrator::LeaseRequest request, Done<orchestrator::LeaseReply> done) {
  std::vector<int> locks = request.release;
  for (const orchestrator::ShardLease& lease : request.renew) locks.push_back(lease.shard);
  world_.After(Trip(), [this, machine = machine_, request = std::move(request), locks = std::move(locks),
                        done = std::move(done)] {
    if (!machine->alive()) return;
    if (database_.away) {
      world_.Hit(Fault::kDatabaseAway);
      return Answer([done] { done(absl::UnavailableError("the database is away")); });
    }
    database_.WhenUnlocked(locks, [this, machine, request, done] {
      // Sent is sent: it is carried out even if the process has died meanwhile.
      Answer([done, reply = database_.store().Apply(request)] { done(reply); });
    });
  });
}

}  // namespace ordersaga::sim

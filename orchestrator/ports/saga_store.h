// The durable memory of all sagas. Used by the engine only. Implementations: adapters/pg (PostgreSQL) and, for tests,
// adapters/memory; one conformance suite tests both.
//
// Promise: Commit() stores the sagas, journal entries, idempotency keys and outbox rows of a turn together or not at
// all. After Committed they survive a crash. Nothing is sent anywhere by this class.
//
// Threads: every method returns at once and never blocks the loop. `done` is called exactly once, on a thread of the
// store's own; it only posts to the loop's mailbox. At most one Commit is outstanding per engine. Arguments are taken
// by value; no reference is kept after `done`.
//
// Fence: every write begins by proving that the shards' tokens are still the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "orchestrator/core/decision.h"
#include "orchestrator/core/saga.h"
#include "orchestrator/operator_log/log_row.h"
#include "platform/base/done.h"

namespace ordersaga::orchestrator {

// A client's key for an order, unique among its own.
struct OrderKey {
  std::string client;  // as in Order
  std::string key;
  std::string fingerprint;  // of the request body

  bool operator==(const OrderKey&) const = default;
};

// An event that is held back: its copy, for as long as its order waits, is made by the turn that moves the position on.
struct HoldWrite {
  std::int64_t position = 0;
  std::string reason;  // one of our own codes

  bool operator==(const HoldWrite&) const = default;
};

// One shard in a turn.
struct ShardTurn {
  int shard = 0;
  std::int64_t token = 0;             // must still be the row's
  std::int64_t turn = 0;              // becomes the row's: tells an in-doubt commit from one that failed
  std::int64_t next_position = 1;     // of the outbox; the turn's events of this shard count up from it
  std::int64_t relayed_position = 0;  // everything up to here has been confirmed by the broker, or is held

  std::vector<HoldWrite> hold = {};        // outbox rows to be copied to the held events
  std::vector<std::int64_t> release = {};  // positions of held events to be removed
  std::vector<LogRow> log = {};            // the shard's next rows of the operator log, chained
};

// One saga in a turn: its new row, and what is appended.
struct SagaWrite {
  Saga saga;
  std::optional<OrderKey> create;  // set: insert (unless the key is taken); empty: update
  std::vector<JournalEntry> journal;
  std::vector<DomainEvent> events;
  std::vector<Deed> deeds = {};  // of operators; stored as their shard's rows of the operator log
};

// Hands a saga to a person with a minimal update that carries no foreign text.
struct ParkWrite {
  Uuid id;
  std::string reason;  // one of our own codes
};

// An operator puts a participant on hold, or releases it.
struct HoldChange {
  std::string participant;
  bool begins = true;
  absl::Time at;
  std::string by;
  std::string reason;
};

struct Turn {
  std::vector<ShardTurn> shards;  // every shard that writes or parks touch, each once
  std::vector<SagaWrite> writes;  // each saga once
  std::vector<ParkWrite> parks;
  std::vector<HoldChange> participants = {};
};

// An outbox row: an event with its place in its shard's stream.
struct OutboxEvent {
  int shard = 0;
  std::int64_t position = 0;  // 1.. per shard, gapless
  Uuid order_id;
  std::int64_t sequence = 0;  // 1.. per order, gapless
  std::string routing_key;
  std::string body;  // flat JSON, as published
  absl::Time at;
  std::string traceparent = {};  // the order's
};

// A create whose key was taken: nothing of that write was stored.
struct DuplicateOrder {
  Uuid requested;  // the id the turn had wanted
  Uuid existing;   // the order this key made
  Status status = Status::kPending;
  std::string fingerprint;  // of the request that made it
};

struct Committed {
  std::vector<DuplicateOrder> duplicates;
  std::vector<OutboxEvent> events;  // with the positions they got, ascending per shard
};
struct Fenced {
  std::vector<int> shards;  // these belong to someone else now: drop them. Nothing was written.
};
// The connection was lost with the COMMIT under way: do nothing with these shards until ReadShards has told.
struct InDoubt {};
struct BadRows {
  std::vector<Uuid> sagas;  // these rows cannot be stored; nothing was written. Park them, resubmit the rest.
  std::string error;
};
struct Stale {
  std::vector<Uuid> sagas;  // their stored versions are not those decided on; nothing was written. Read them again.
};
struct Unavailable {
  std::string error;  // nothing was written: the same turn again, later
};
using CommitResult = std::variant<Committed, Fenced, InDoubt, BadRows, Stale, Unavailable>;

struct ShardRow {
  int shard = 0;
  std::int64_t token = 0;
  std::int64_t turn = 0;
};

// An unfinished saga as a new owner needs to know it; the saga itself is read when its turn comes.
struct OpenSaga {
  Uuid id;
  int definition_version = 1;
  std::size_t step = 0;
  bool compensating = false;
  std::optional<absl::Time> due_at;  // set: it waits for its next attempt; empty: a call of it may be out
};

// An order some of whose events are held.
struct HeldOrder {
  Uuid id;
  std::int64_t events = 0;
};

// How many of a client's orders are PENDING.
struct OpenOrders {
  std::string client;
  std::int64_t orders = 0;
};

// What a new owner needs to go on.
struct ShardContents {
  int shard = 0;
  std::int64_t next_position = 1;
  std::int64_t relayed_position = 0;
  std::vector<OpenSaga> open;  // oldest first; without those that wait to start or are parked
  std::int64_t waiting = 0;    // sagas whose first step has not started
  std::int64_t parked = 0;
  std::vector<HeldOrder> held = {};
  std::vector<OpenOrders> clients = {};  // that have any, but for the shared one
  std::optional<LogHead> log_head = {};  // of the operator log; empty: this database has none yet
};

// What reading sagas gave. One that cannot be decoded is listed in `unreadable` and left alone; one that is not there
// is in neither.
struct SagasRead {
  std::vector<Saga> sagas;
  std::vector<Uuid> unreadable;
};

class SagaStore {
 public:
  virtual ~SagaStore() = default;

  virtual void Commit(Turn turn, std::function<void(CommitResult)> done) = 0;

  // Reads token and turn of each shard FOR UPDATE on a fresh connection, which waits for any old transaction on them
  // to end. Errors: UNAVAILABLE, ask again.
  virtual void ReadShards(std::vector<int> shards, Done<std::vector<ShardRow>> done) = 0;

  // For a shard just taken. Errors: UNAVAILABLE, ask again.
  virtual void LoadShard(int shard, Done<ShardContents> done) = 0;

  // The sagas with these ids, finished or not, in any order. Errors: UNAVAILABLE, ask again.
  virtual void ReadSagas(std::vector<Uuid> ids, Done<SagasRead> done) = 0;

  // The oldest sagas of a shard that wait to start, at most `limit`. Errors: UNAVAILABLE, ask again.
  virtual void ReadWaiting(int shard, int limit, Done<SagasRead> done) = 0;

  // Outbox rows of a shard with position > `after`, ascending, at most `limit`. Errors: UNAVAILABLE, ask again.
  virtual void ReadEvents(int shard, std::int64_t after, int limit, Done<std::vector<OutboxEvent>> done) = 0;

  // As ReadEvents, of the events that are held.
  virtual void ReadHeld(int shard, std::int64_t after, int limit, Done<std::vector<OutboxEvent>> done) = 0;
};

}  // namespace ordersaga::orchestrator

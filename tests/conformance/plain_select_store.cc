#include "tests/conformance/plain_select_store.h"

#include "orchestrator/adapters/pg/row_codec.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

// The mistake: what this SELECT has seen may change before the transaction ends.
bool TokensAreOurs(pg::Tx& tx, const Turn& turn, Fenced& fenced) {
  for (const ShardTurn& sent : turn.shards) {
    const pg::Result row = tx.Exec("SELECT token, next_position FROM shards WHERE shard = $1", sent.shard);
    if (row[0][0].as<std::int64_t>() != sent.token || row[0][1].as<std::int64_t>() != sent.next_position) {
      fenced.shards.push_back(sent.shard);
    }
  }
  return fenced.shards.empty();
}

void Insert(pg::Tx& tx, const SagaWrite& write) {
  const Saga& saga = write.saga;
  const std::string id = saga.id().ToString();
  tx.Exec(
      "INSERT INTO sagas (shard, id, definition_version, phase, step, status, created_at, updated_at, version, "
      "event_sequence, client, idempotency_key, fingerprint, user_email, total_minor, currency, traceparent, lines, "
      "state, "
      "attempts, last_error) VALUES ($1, $2::uuid, $3, $4, $5, $6, $7::timestamptz, $7::timestamptz, $8, $9, $10, $11, "
      "$12, $13, $14, $15, $16, $17::jsonb, $18::jsonb, 0, '')",
      saga.id().shard(), id, saga.definition_version, std::string(Name(saga.phase)), static_cast<int>(saga.step),
      std::string(Name(saga.status)), saga.updated_at, saga.version, saga.event_sequence, write.create->client,
      write.create->key, write.create->fingerprint, saga.order->user_email, saga.order->total.minor,
      saga.order->total.currency, saga.order->traceparent, EncodeLines(*saga.order), EncodeState(saga));
  for (const JournalEntry& entry : write.journal) {
    tx.Exec(
        "INSERT INTO journal (shard, saga_id, sequence, at, event, detail, phase) "
        "VALUES ($1, $2::uuid, $3, $4::timestamptz, $5, $6, $7)",
        saga.id().shard(), id, entry.sequence, entry.at, entry.event, entry.detail, std::string(Name(entry.phase)));
  }
}

CommitResult Write(pg::Tx& tx, const Turn& turn) {
  Fenced fenced;
  if (!TokensAreOurs(tx, turn, fenced)) return fenced;
  std::map<int, std::int64_t> next;
  for (const ShardTurn& sent : turn.shards) next[sent.shard] = sent.next_position;
  Committed committed;
  for (const SagaWrite& write : turn.writes) {
    Insert(tx, write);
    const Uuid& id = write.saga.id();
    for (const DomainEvent& event : write.events) {
      OutboxEvent row{
          id.shard(), next[id.shard()]++,           id, event.sequence, std::string(event.type->routing_key), "{}",
          event.at,   write.saga.order->traceparent};
      tx.Exec(
          "INSERT INTO outbox (shard, position, order_id, sequence, routing_key, body, at) "
          "VALUES ($1, $2, $3::uuid, $4, $5, $6, $7::timestamptz)",
          row.shard, row.position, id.ToString(), row.sequence, row.routing_key, row.body, row.at);
      committed.events.push_back(std::move(row));
    }
  }
  for (const ShardTurn& sent : turn.shards) {
    tx.Exec("UPDATE shards SET turn = $2, next_position = $3 WHERE shard = $1", sent.shard, sent.turn,
            next[sent.shard]);
  }
  return committed;
}

}  // namespace

PlainSelectStore::PlainSelectStore(const pg::SessionOptions& options, std::shared_ptr<SagaStore> reads)
    : reads_(std::move(reads)), commits_(options, 1, 100) {
  if (absl::Status status = commits_.Start(); !status.ok()) throw std::runtime_error(status.ToString());
}

void PlainSelectStore::Commit(Turn turn, std::function<void(CommitResult)> done) {
  commits_.Submit([turn = std::move(turn), done = std::move(done)](pg::Session& session) {
    CommitResult result = Unavailable{};
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      result = Write(tx, turn);
      return std::holds_alternative<Committed>(result) ? absl::OkStatus() : absl::AbortedError("fenced");
    });
    if (!status.ok() && !std::holds_alternative<Fenced>(result)) result = Unavailable{status.ToString()};
    done(std::move(result));
  });
}

}  // namespace ordersaga::orchestrator

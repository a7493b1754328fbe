// What became of a turn. Acting on a decision happens here and nowhere else: after its commit.
#include <algorithm>

#include "orchestrator/engine/engine.h"
#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

constexpr absl::Duration kStorePause = absl::Milliseconds(200);

absl::Status LostMeanwhile() {
  return TryAgain(absl::StatusCode::kUnavailable, "TRY_AGAIN",
                  "the order's fate is not known yet; send it again with the same key", absl::Milliseconds(200));
}

absl::StatusOr<Placed> AnswerFor(const Placed& placed, const std::string& stored_fingerprint,
                                 const std::string& fingerprint) {
  if (fingerprint == stored_fingerprint) return placed;
  return MakeError(absl::StatusCode::kFailedPrecondition, "IDEMPOTENCY_KEY_REUSED",
                   "this idempotency key was used before for an order with other contents");
}

void LogEvents(const StagedSaga& staged) {
  const std::string id = staged.write.saga.id().ToString();
  for (const DomainEvent& event : staged.write.events) {
    LogInfo(RoutingKey(event.type), {{"order_id", id}, {"reason", event.reason}});
  }
}

}  // namespace

void Engine::Submit() {
  committing_ = true;
  FaultPoint("orchestrator.before_commit");
  Turn turn = turn_.MakeTurn(shards_, [this](int shard) { return relay_.relayed(shard); });
  store_.Commit(std::move(turn),
                [this](CommitResult result) { Post([this, result = std::move(result)] { OnCommitResult(result); }); });
}

void Engine::OnCommitResult(const CommitResult& result) {
  std::visit([this](const auto& outcome) { On(outcome); }, result);
}

void Engine::On(const Committed& committed) {
  FaultPoint("orchestrator.committed_not_acted");
  ++stats_.turns;
  stats_.turn_writes += static_cast<std::int64_t>(turn_.size());
  for (const ShardTurn& sent : turn_.tokens()) {
    if (!shards_.Holds(sent.shard, sent.token)) continue;
    HeldShard& held = *shards_.Find(sent.shard);
    held.saved_relayed = std::max(held.saved_relayed, sent.relayed_position);
  }
  for (const OutboxEvent& event : committed.events) {
    if (HeldShard* held = shards_.Find(event.shard)) {
      held->next_position = std::max(held->next_position, event.position + 1);
    }
  }
  AnswerDuplicates(committed);
  relay_.OnCommitted(committed.events);
  for (StagedSaga& staged : turn_.sagas()) Act(staged);
  EndTurn();
}

void Engine::AnswerDuplicates(const Committed& committed) {
  for (const DuplicateOrder& duplicate : committed.duplicates) {
    const auto is_it = [&](const Uuid& id) { return id == duplicate.requested; };
    for (StagedSaga& staged : turn_.RemoveIf(is_it)) {
      for (auto& [done, fingerprint] : staged.placed) {
        done(AnswerFor({duplicate.existing, duplicate.status, true}, duplicate.fingerprint, fingerprint));
      }
    }
  }
}

void Engine::Act(StagedSaga& staged) {
  const Saga& saga = staged.write.saga;
  LogEvents(staged);
  if (staged.write.create.has_value()) ++stats_.orders_accepted;
  const Status before = staged.before.has_value() ? staged.before->status : Status::kPending;
  if (before == Status::kPending && saga.status == Status::kCompleted) ++stats_.orders_completed;
  if (before == Status::kPending && saga.status == Status::kCancelled) ++stats_.orders_cancelled;

  bool first = true;
  for (auto& [done, fingerprint] : staged.placed) {
    const bool replayed = !std::exchange(first, false);
    done(AnswerFor({saga.id(), saga.status, replayed}, staged.write.create->fingerprint, fingerprint));
  }
  for (CancelDone& done : staged.cancelled) done(absl::OkStatus());

  if (shards_.Usable(saga.id().shard()) == nullptr) return;  // lost meanwhile: its new owner acts
  for (const CallParticipant& command : staged.commands) calls_.Make(definition_, saga, command);
  if (saga.due_at.has_value()) timers_.Set(*saga.due_at, saga.id());
  if (saga.phase == Phase::kWaiting && staged.write.create.has_value()) waiting_.push_back(saga.id());
  if (saga.finished()) {
    sagas_.erase(saga.id());
  } else {
    sagas_.insert_or_assign(saga.id(), std::move(staged.write.saga));
  }
}

void Engine::EndTurn() {
  turn_ = StagedTurn();
  starts_staged_ = 0;
  committing_ = false;
  stats_.sagas_held = static_cast<std::int64_t>(sagas_.size());
}

void Engine::Abandon(std::vector<StagedSaga> removed) {
  for (StagedSaga& staged : removed) {
    for (auto& [done, fingerprint] : staged.placed) done(LostMeanwhile());
    for (CancelDone& done : staged.cancelled) done(LostMeanwhile());
  }
}

void Engine::Resubmit() {
  // Shards that were lost or taken anew since the turn was sent are no longer this turn's business.
  Abandon(turn_.RemoveIf([this](const Uuid& id) {
    const auto& sent = turn_.tokens();
    return std::none_of(sent.begin(), sent.end(), [&](const ShardTurn& shard) {
      return shard.shard == id.shard() && shards_.Holds(shard.shard, shard.token);
    });
  }));
  if (turn_.empty()) return EndTurn();
  Submit();
}

void Engine::On(const Fenced& fenced) {
  for (const int shard : fenced.shards) {
    ++stats_.shards_fenced;
    LogWarn("fenced: another replica owns this shard now", {{"shard", std::to_string(shard)}});
    Forget(shard);
  }
  Resubmit();
}

void Engine::On(const Unavailable& unavailable) {
  ++stats_.commits_unavailable;
  LogWarn("turn could not be stored; trying again", {{"error", unavailable.error}});
  After(kStorePause, [this] { Resubmit(); });
}

void Engine::On(const BadRows& bad) {
  std::vector<StagedSaga> removed = turn_.RemoveIf(
      [&](const Uuid& id) { return std::find(bad.sagas.begin(), bad.sagas.end(), id) != bad.sagas.end(); });
  for (StagedSaga& staged : removed) {
    const Uuid id = staged.write.saga.id();
    LogError("saga cannot be stored; parking it", {{"order_id", id.ToString()}, {"error", bad.error}});
    const absl::Status refused =
        MakeError(absl::StatusCode::kInternal, "BAD_ROW", "the order could not be stored; a person has to look");
    for (auto& [done, fingerprint] : staged.placed) done(refused);
    for (CancelDone& done : staged.cancelled) done(refused);
    if (!staged.before.has_value()) continue;
    turn_.Park(id, "BAD_ROW");
    staged.before->parked = "BAD_ROW";
    staged.before->due_at.reset();
    sagas_.insert_or_assign(id, *std::move(staged.before));
    ++stats_.sagas_parked;
  }
  if (removed.empty()) {
    // The store could not name a culprit: nothing was written, and the same again would fail again.
    LogError("turn refused without a culprit", {{"error", bad.error}});
    return On(Unavailable{bad.error});
  }
  Resubmit();
}

// The connection was lost at COMMIT. Whichever way it went, the shards are read again from the store before anything
// else is done with them; callers come back with the same key and find out (docs/adr/0002-in-doubt-reload.md).
void Engine::On(const InDoubt&) {
  ++stats_.commits_in_doubt;
  LogWarn("commit in doubt; asking the database what became of it");
  AskWhatHappened(turn_.tokens());
}

void Engine::AskWhatHappened(std::vector<ShardTurn> sent) {
  std::vector<int> shards;
  for (const ShardTurn& shard : sent) shards.push_back(shard.shard);
  store_.ReadShards(shards, [this, sent](absl::StatusOr<std::vector<ShardRow>> rows) {
    Post([this, sent, rows = std::move(rows)] { OnShardsRead(sent, rows); });
  });
}

void Engine::OnShardsRead(const std::vector<ShardTurn>& sent, const absl::StatusOr<std::vector<ShardRow>>& rows) {
  if (!rows.ok()) return After(kStorePause, [this, sent] { AskWhatHappened(sent); });
  for (const ShardTurn& shard : sent) {
    const auto row =
        std::find_if(rows->begin(), rows->end(), [&](const ShardRow& r) { return r.shard == shard.shard; });
    const bool ours = row != rows->end() && row->token == shard.token && shards_.Holds(shard.shard, shard.token);
    LogInfo("doubt resolved", {{"shard", std::to_string(shard.shard)},
                               {"committed", ours && row->turn == shard.turn ? "yes" : "no"},
                               {"owned", ours ? "yes" : "no"}});
    const HeldShard kept = ours ? *shards_.Find(shard.shard) : HeldShard{};
    Forget(shard.shard);
    if (!ours) continue;
    shards_.Keep(shard.shard, kept);
    Load(shard.shard);
  }
  Abandon(turn_.RemoveIf([](const Uuid&) { return true; }));
  EndTurn();
}

}  // namespace ordersaga::orchestrator

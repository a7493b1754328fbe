// What is to be decided on next: what has fallen due, what was postponed, what waits to start; and the reading of the
// sagas that takes, in batches and never more than one batch of a kind at a time.
#include <algorithm>

#include "orchestrator/engine/engine.h"
#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

constexpr absl::Duration kReadPause = absl::Milliseconds(200);
constexpr std::size_t kBatch = 512;  // sagas read at once

void LogUnreadable(const SagasRead& read) {
  for (const Uuid& id : read.unreadable) {
    LogError("stored saga cannot be read; left alone", {{"order_id", id.ToString()}});
  }
}

}  // namespace

bool Engine::CanFetchMore() const {
  return awaited_.size() < kBatch;
}

void Engine::CollectDue(absl::Time now) {
  while (CanFetchMore()) {
    const auto due = timers_.PopDue(now);
    if (!due.has_value()) return;
    if (shards_.Usable(due->second.shard()) == nullptr) continue;
    // One that is in memory has moved on since, and its call is out; or it has just been read for another reason.
    const auto found = sagas_.find(due->second);
    if (found == sagas_.end()) {
      Fetch(SagaInput{due->second, TimerDue{}, nullptr});
    } else if (found->second.due_at == due->first) {
      inputs_.push_back(SagaInput{due->second, TimerDue{}, nullptr});
    }
  }
}

void Engine::ResumePostponed() {
  for (Calls::Lane lane = 0; lane < Calls::kLanes; ++lane) {
    for (std::size_t i = 0; i < kBatch / 2 && !postponed_[lane].empty() && calls_.CanTake(lane); ++i) {
      inputs_.push_back(SagaInput{postponed_[lane].front(), Resumed{}, nullptr});
      postponed_[lane].pop_front();
    }
  }
}

void Engine::AdmitWaiting() {
  stats_.sagas_waiting = waiting_.total();
  const std::size_t room = calls_.Room(definitions_.newest().steps[0].participant);
  if (room == 0 || reading_waiting_ || draining_) return;
  const std::optional<int> shard = waiting_.NextToRead();
  if (!shard.has_value()) return;
  reading_waiting_ = true;
  waiting_.ReadBegins(*shard);
  const auto limit = static_cast<int>(std::min(room, kBatch));
  store_.ReadWaiting(
      *shard, limit,
      [this, shard = *shard, token = shards_.Find(*shard)->token, limit](absl::StatusOr<SagasRead> read) {
        Post([this, shard, token, limit, read = std::move(read)] { OnWaitingRead(shard, token, limit, read); });
      });
}

void Engine::OnWaitingRead(int shard, std::int64_t token, std::int64_t limit, const absl::StatusOr<SagasRead>& read) {
  if (!read.ok()) {
    return After(kReadPause, [this, shard] {
      reading_waiting_ = false;
      waiting_.ReadEnds(shard, 0, 0, false);
    });
  }
  reading_waiting_ = false;
  if (!shards_.Holds(shard, token) || shards_.Usable(shard) == nullptr) return;
  LogUnreadable(*read);
  std::int64_t taken = 0;
  for (const Saga& saga : read->sagas) {
    if (turn_.Find(saga.id()) != nullptr || !sagas_.try_emplace(saga.id(), saga).second) continue;
    inputs_.push_back(SagaInput{saga.id(), Admitted{}, nullptr});
    ++taken;
  }
  const auto found = static_cast<std::int64_t>(read->sagas.size());
  waiting_.ReadEnds(shard, found, taken, found < limit);
}

void Engine::Fetch(SagaInput input) {
  awaited_[input.id].push_back(std::move(input));
}

void Engine::ReadAwaited() {
  if (reading_awaited_ || awaited_.empty()) return;
  reading_awaited_ = true;
  std::vector<Asked> asked;
  std::vector<Uuid> ids;
  for (const auto& [id, inputs] : awaited_) {
    const HeldShard* held = shards_.Usable(id.shard());
    asked.push_back({id, held == nullptr ? 0 : held->token});
    ids.push_back(id);
    if (ids.size() == kBatch) break;
  }
  store_.ReadSagas(std::move(ids), [this, asked = std::move(asked)](absl::StatusOr<SagasRead> read) {
    Post([this, asked, read = std::move(read)] { OnAwaitedRead(asked, read); });
  });
}

void Engine::OnAwaitedRead(const std::vector<Asked>& asked, const absl::StatusOr<SagasRead>& read) {
  if (!read.ok()) {
    return After(kReadPause, [this] { reading_awaited_ = false; });
  }
  reading_awaited_ = false;
  LogUnreadable(*read);
  absl::flat_hash_map<Uuid, const Saga*> sagas;
  for (const Saga& saga : read->sagas) sagas.emplace(saga.id(), &saga);
  for (const auto& [id, token] : asked) {
    auto inputs = awaited_.extract(id);
    if (inputs.empty()) continue;
    const auto found = sagas.find(id);
    // Of a shard lost or taken anew meanwhile it says nothing; whatever holds it by then is seen when the input is
    // handled.
    const bool current = shards_.Usable(id.shard()) != nullptr && shards_.Holds(id.shard(), token);
    if (current && found != sagas.end() && turn_.Find(id) == nullptr) sagas_.try_emplace(id, *found->second);
    for (SagaInput& input : inputs.mapped()) {
      if (!current || found != sagas.end()) {
        inputs_.push_back(std::move(input));
      } else if (input.done) {
        input.done(MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no such order"));
      }
    }
  }
}

}  // namespace ordersaga::orchestrator

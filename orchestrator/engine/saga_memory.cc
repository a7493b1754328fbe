// One batch is read at a time. What it says counts for a shard only if that is still owned under the token it had when
// the batch was asked for: otherwise the inputs are handed on without a saga, and whoever handles them asks again. A
// saga that came into memory meanwhile is left as it is: it is newer.
#include "orchestrator/engine/saga_memory.h"

#include <utility>

#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {

void LogUnreadable(const SagasRead& read) {
  for (const Uuid& id : read.unreadable) {
    LogError("stored saga cannot be read; left alone", {{"order_id", id.ToString()}});
  }
}

const Saga* SagaMemory::Find(const Uuid& id) const {
  const auto found = sagas_.find(id);
  return found == sagas_.end() ? nullptr : &found->second;
}

void SagaMemory::DropShard(int shard) {
  absl::erase_if(sagas_, [&](const auto& entry) { return entry.first.shard() == shard; });
}

void SagaMemory::Await(SagaInput input) {
  awaited_[input.id].push_back(std::move(input));
}

void SagaMemory::Read() {
  if (reading_ || awaited_.empty()) return;
  reading_ = true;
  std::vector<Asked> asked;
  std::vector<Uuid> ids;
  for (const auto& [id, inputs] : awaited_) {
    const OwnedShard* owned = leases_.Usable(id.shard());
    asked.push_back({id, owned == nullptr ? 0 : owned->token});
    ids.push_back(id);
    if (ids.size() == kBatch) break;
  }
  store_.ReadSagas(std::move(ids), loop_.Then<&SagaMemory::OnRead>(this, std::move(asked)));
}

void SagaMemory::OnRead(const std::vector<Asked>& asked, const absl::StatusOr<SagasRead>& read) {
  if (!read.ok()) return loop_.After(kPause, [this] { reading_ = false; });
  reading_ = false;
  LogUnreadable(*read);
  absl::flat_hash_map<Uuid, const Saga*> sagas;
  for (const Saga& saga : read->sagas) sagas.emplace(saga.id(), &saga);
  for (const auto& [id, token] : asked) {
    auto inputs = awaited_.extract(id);
    if (inputs.empty()) continue;
    const auto found = sagas.find(id);
    const bool current = leases_.Usable(id.shard()) != nullptr && leases_.Owns(id.shard(), token);
    if (current && found != sagas.end()) PutIfAbsent(*found->second);
    for (SagaInput& input : inputs.mapped()) {
      if (!current || found != sagas.end()) {
        deliver_(std::move(input));
      } else if (input.done) {
        input.done(MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "there is no such order"));
      }
    }
  }
}

}  // namespace ordersaga::orchestrator

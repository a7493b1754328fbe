#include "platform/participant/core/assume.h"

namespace ordersaga::participant {

std::optional<Loaded> Assume(const Requests& requests, absl::Time now) {
  Loaded assumed{{}, now};
  for (const Request* request : requests) {
    if (KeyOf(*request) != LockOf(*request)) return std::nullopt;  // a part: its whole must be read
    if (std::holds_alternative<ActionRequest>(*request)) continue;
    const auto* answered = std::get_if<Answered>(request);
    if (answered == nullptr || !answered->asked.has_value()) return std::nullopt;
    assumed.records.emplace(answered->key, *answered->asked);
  }
  return assumed;
}

bool IsStill(const EffectRecord& stored, const EffectRecord& before) {
  return stored.state == before.state && stored.undo_requested == before.undo_requested &&
         stored.updated_at == before.updated_at;
}

}  // namespace ordersaga::participant

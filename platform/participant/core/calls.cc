#include "platform/participant/core/calls.h"

#include <utility>

#include "platform/base/error.h"

namespace ordersaga::participant {

std::optional<Ask> Calls::Committed(const Request& request, Decided decided, Done done) {
  if (const auto* answered = std::get_if<Answered>(&request)) {
    Answer(*answered, decided.outcome);
  } else if (!decided.awaited) {
    if (done) done(decided.outcome);
    done = nullptr;
  }
  if (!decided.ask.has_value() || !Join(*decided.ask, std::move(done))) return std::nullopt;
  return std::move(decided.ask);
}

void Calls::Failed(const Request& request, const absl::Status& status, const Done& done) {
  Outcome outcome;
  outcome.status = status;
  if (const auto* answered = std::get_if<Answered>(&request)) return Answer(*answered, outcome);
  if (done) done(outcome);
}

// True: this is a new call. The question of a call that is under way already is the same one, or waits for its turn.
bool Calls::Join(const Ask& ask, Done done) {
  const auto [found, fresh] = calls_.try_emplace(LockOf(ask.record), Call{ask.what, ask.record.action_key, {}});
  Call& call = found->second;
  const bool same = call.what == ask.what && call.key == ask.record.action_key;
  if (!done) return fresh;
  if (same) {
    call.waiting.push_back(std::move(done));
    return fresh;
  }
  Outcome busy;
  busy.status = TryAgain(absl::StatusCode::kUnavailable, "IN_PROGRESS", "another call under this lock key is under way",
                         absl::Milliseconds(300));
  done(busy);
  return false;
}

// A provider that answers once more, when another call is under way already, answers nobody.
void Calls::Answer(const Answered& answered, const Outcome& outcome) {
  const auto found = calls_.find(answered.lock_key);
  if (found == calls_.end() || found->second.what != answered.what || found->second.key != answered.key) return;
  const std::vector<Done> waiting = std::move(found->second.waiting);
  calls_.erase(found);
  for (const Done& done : waiting) done(outcome);
}

}  // namespace ordersaga::participant

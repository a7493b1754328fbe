#include "tests/simulation/sim_participant.h"

#include <algorithm>
#include <utility>

#include "platform/participant/core/assume.h"

namespace ordersaga::sim {

using participant::EffectRecord;
using participant::Loaded;
using participant::Request;

namespace {

// As in production, but shorter, so that it happens among the faults.
constexpr participant::Patience kResumedAfter{.first = absl::Seconds(4), .longest = absl::Seconds(16)};
constexpr absl::Duration kLookEvery = absl::Seconds(1);

}  // namespace

bool SimParticipant::settled() const {
  return std::none_of(records_.begin(), records_.end(), [](const auto& record) { return UnderWay(record.second); });
}

bool SimParticipant::busy() const {
  return std::any_of(processes_.begin(), processes_.end(), [](const auto& calls) { return !calls.empty(); });
}

void SimParticipant::Crash() {
  if (!std::exchange(up_, false)) return;
  if (busy()) world_.Hit(Fault::kServiceCrash);
  ++incarnation_;
  processes_ = std::vector<participant::Calls>(kProcesses);
}

void SimParticipant::Restart() {
  if (std::exchange(up_, true)) return;
  std::vector<Request> unsettled;
  for (const auto& [key, record] : records_) {
    if (UnderWay(record)) unsettled.emplace_back(participant::Resume{key, LockOf(record)});
  }
  for (const Request& request : unsettled) TakeTurn(0, request, nullptr);
}

void SimParticipant::Look(absl::Time looked) {
  const absl::Time now = world_.Time();
  std::vector<Request> due;
  for (const auto& [key, record] : records_) {
    if (up_ && IsDue(kResumedAfter, record, looked, now)) due.emplace_back(participant::Resume{key, LockOf(record)});
  }
  for (const Request& request : due) Ask(request, nullptr);
  world_.After(kLookEvery, [this, now] { Look(now); });
}

void SimParticipant::Ask(Request request, Done done) {
  TakeTurn(world_.Below(kProcesses), request, std::move(done));
}

// What the real store reads: the locked records; then, of these, the parts.
Loaded SimParticipant::Load(const Request& request) const {
  participant::Needs needs;
  AddNeeds(request, needs);
  Loaded loaded;
  loaded.now = world_.Time();
  const auto add = [&](const std::string& key) {
    if (const auto found = records_.find(key); found != records_.end()) loaded.records.insert(*found);
  };
  std::for_each(needs.locks.begin(), needs.locks.end(), add);
  std::for_each(needs.keys.begin(), needs.keys.end(), add);
  if (needs.wholes.empty()) return loaded;
  for (const auto& [key, record] : records_) {
    if (record.lock_key == needs.wholes.front() && UnderWay(record)) loaded.records.emplace(key, record);
  }
  return loaded;
}

// What the database checks of a turn that is written on an assumption. One that writes nothing is not checked.
bool SimParticipant::Stands(const Request& request) const {
  const auto stored = records_.find(KeyOf(request));
  const auto* answered = std::get_if<participant::Answered>(&request);
  if (answered == nullptr) return stored == records_.end();
  if (answered->reply.kind == participant::ProviderReply::Kind::kUnknown) return true;
  return stored != records_.end() && IsStill(stored->second, *answered->asked);
}

void SimParticipant::TakeTurn(std::size_t process, const Request& request, Done done) {
  const std::optional<Loaded> assumed = participant::Assume({&request}, world_.Time());
  const Loaded loaded = assumed.has_value() && Stands(request) ? *assumed : Load(request);
  participant::Turn turn = DecideTurn({&request}, loaded, processes_[process], effects_);
  Write(turn);
  const auto ask = processes_[process].Committed(request, std::move(turn.decided.front()), std::move(done));
  if (ask.has_value()) Call(process, *ask);
}

void SimParticipant::Write(const participant::Turn& turn) {
  for (const EffectRecord& record : turn.inserts) records_.insert_or_assign(record.action_key, record);
  for (const participant::Change& change : turn.updates) {
    const EffectRecord& record = change.after;
    // The table's CHECK.
    if (record.given_back < 0 || record.given_back > record.amount) {
      world_.Violate(fmt::format("{}: {} given back of {}", record.action_key, record.given_back, record.amount));
    }
    records_.insert_or_assign(record.action_key, record);
  }
  outside_.book(turn.updates);
}

void SimParticipant::Call(std::size_t process, const participant::Ask& ask) {
  world_.After(Trip(), [this, process, ask, incarnation = incarnation_] {
    participant::Answered answered{ask.record.action_key, LockOf(ask.record), ask.what, outside_.provider(ask),
                                   ask.record};
    world_.After(Trip(), [this, process, answered = std::move(answered), incarnation] {
      if (incarnation == incarnation_) TakeTurn(process, answered, nullptr);
    });
  });
}

}  // namespace ordersaga::sim

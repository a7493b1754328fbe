// A turn, in this order: Load locks and reads, unless what is there can be assumed (core/assume.h); Open lets local
// effects read what they need; DecideTurn; inserts, updates; Close writes local effects, or books external ones. After
// the commit: answers, then questions to the provider, whose answers come back through the loop as requests of their
// own.
#include "platform/participant/shell/participant.h"

#include <exception>
#include <utility>

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/participant/core/assume.h"
#include "platform/runtime/log.h"

namespace ordersaga::participant {

class TurnEffects : public Effects {
 public:
  virtual void Open(pg::Tx& tx, const Requests& requests, const Loaded& loaded) = 0;
  virtual absl::Status Close(pg::Tx& tx, const std::vector<Change>& changes) = 0;
  virtual void Call(const Ask& ask, ExternalEffects::Done done) = 0;
  virtual void Settled(Ask::What /*what*/, const Outcome& /*outcome*/) {}
};

namespace {

// For so long the database's clock is believed to go on as it was read, and after a wrong assumption nothing is
// assumed: whose calls are repeated now will have more of them repeated.
constexpr absl::Duration kTrusted = absl::Seconds(1);

class LocalTurn final : public TurnEffects {
 public:
  explicit LocalTurn(LocalEffects& service) : service_(service) {}

  void Open(pg::Tx& tx, const Requests& requests, const Loaded& loaded) override {
    tx_ = &tx;
    std::vector<EffectRecord> fresh;
    service_.Open(tx, Concerned(requests, loaded, fresh));
  }
  std::optional<ActionAnswer> Apply(const EffectRecord& record) override { return service_.Apply(*tx_, record); }
  bool Undo(const EffectRecord& record) override {
    service_.Undo(*tx_, record);
    return true;
  }
  absl::Status Close(pg::Tx& tx, const std::vector<Change>& /*changes*/) override { return service_.Close(tx); }
  // A local effect is never under way: somebody has changed its row by hand.
  void Call(const Ask& ask, ExternalEffects::Done done) override {
    LogError("a local effect is under way", {{"order_id", ask.record.order_id}, {"key", ask.record.action_key}});
    done({ProviderReply::Kind::kUnknown, "", "INVARIANT_BROKEN", "a local effect cannot be under way"});
  }

 private:
  LocalEffects& service_;
  pg::Tx* tx_ = nullptr;  // of the turn that is open
};

class ExternalTurn final : public TurnEffects {
 public:
  explicit ExternalTurn(ExternalEffects& service) : service_(service) {}

  void Open(pg::Tx& /*tx*/, const Requests& /*requests*/, const Loaded& /*loaded*/) override {}
  std::optional<ActionAnswer> Refuse(const EffectRecord& record, const EffectRecord* whole) override {
    return service_.Refuse(record, whole);
  }
  std::optional<ActionAnswer> Apply(const EffectRecord& /*record*/) override { return std::nullopt; }
  bool Undo(const EffectRecord& /*record*/) override { return false; }
  absl::Status Close(pg::Tx& tx, const std::vector<Change>& changes) override {
    return changes.empty() ? absl::OkStatus() : service_.Book(tx, changes);
  }
  void Call(const Ask& ask, ExternalEffects::Done done) override {
    ask.what == Ask::What::kUndo ? service_.Undo(ask, std::move(done)) : service_.Do(ask, std::move(done));
  }
  void Settled(Ask::What what, const Outcome& outcome) override { service_.Settled(what, outcome); }

 private:
  ExternalEffects& service_;
};

}  // namespace

Participant::Participant(const std::string& name, TurnLoopOptions options, const Clock& clock, LocalEffects& effects)
    : Participant(name, std::move(options), clock, std::make_unique<LocalTurn>(effects), {}) {}

Participant::Participant(const std::string& name, TurnLoopOptions options, const Clock& clock, ExternalEffects& effects,
                         Patience patience)
    : Participant(name, std::move(options), clock, std::make_unique<ExternalTurn>(effects), patience) {}

Participant::Participant(const std::string& name, TurnLoopOptions options, const Clock& clock,
                         std::unique_ptr<TurnEffects> effects, Patience patience)
    : key_inserted_(name + ".key_inserted"),
      tombstone_inserted_(name + ".compensation_before_action"),
      marked_(name + ".marked"),
      effects_(std::move(effects)),
      loop_(options, clock,
            {[this](pg::Tx& tx, std::vector<Item>& items, DatabaseClock& at, bool again) {
               return Handle(tx, items, at, again);
             },
             [this](Item& item) { OnCommitted(item); },
             [this](Item& item, const absl::Status& status) { calls_.Failed(item.request, status, item.done); }, name}),
      resumer_(std::move(options.session), patience, [this](Resume resume) { loop_.Continue({std::move(resume)}); }) {}

Participant::~Participant() = default;

absl::Status Participant::Start() {
  // First: what was under way comes before what is asked from now on.
  if (absl::Status status = resumer_.Start(); !status.ok()) return status;
  return loop_.Start();
}

void Participant::Act(ActionRequest request, absl::Time deadline, Done done) {
  loop_.Submit({std::move(request), deadline, std::move(done)});
}

void Participant::Compensate(CompensationRequest request, absl::Time deadline, Done done) {
  loop_.Submit({std::move(request), deadline, std::move(done)});
}

absl::Status Participant::Handle(pg::Tx& tx, std::vector<Item>& items, DatabaseClock& clock, bool again) {
  Requests requests;
  for (const Item& item : items) requests.push_back(&item.request);
  const absl::Duration now = clock.Monotonic();
  if (again) mistaken_at_ = now;
  const bool may_assume = now - read_at_ < kTrusted && now - mistaken_at_ > kTrusted;
  std::optional<Loaded> loaded = may_assume ? Assume(requests, clock.Now()) : std::nullopt;
  if (!loaded.has_value()) loaded = Read(tx, requests, clock);
  effects_->Open(tx, requests, *loaded);
  Turn turn = DecideTurn(requests, *loaded, calls_, *effects_);
  if (absl::Status status = Write(tx, turn); !status.ok()) return status;
  for (std::size_t i = 0; i < items.size(); ++i) items[i].decided = std::move(turn.decided[i]);
  return absl::OkStatus();
}

Loaded Participant::Read(pg::Tx& tx, const Requests& requests, DatabaseClock& clock) {
  Needs needs;
  for (const Request* request : requests) AddNeeds(*request, needs);
  Loaded loaded = store_.Load(tx, needs, clock);
  read_at_ = clock.Monotonic();
  return loaded;
}

absl::Status Participant::Write(pg::Tx& tx, const Turn& turn) {
  store_.Insert(tx, turn.inserts);
  if (!turn.inserts.empty()) FaultPoint(key_inserted_.c_str());
  if (turn.tombstones) FaultPoint(tombstone_inserted_.c_str());
  store_.Update(tx, turn.updates);
  return effects_->Close(tx, turn.updates);
}

void Participant::OnCommitted(Item& item) {
  if (const auto* answered = std::get_if<Answered>(&item.request)) {
    FaultPoint(marked_.c_str());
    const Outcome& outcome = item.decided.outcome;
    if (outcome.fresh) effects_->Settled(answered->what, outcome);
    if (!outcome.status.ok() && answered->reply.kind == ProviderReply::Kind::kRefused) {
      LogError("the provider denies an effect that it had confirmed", {{"order_id", outcome.record.order_id}});
    }
    if (outcome.record.state == EffectState::kRejected && answered->reply.kind == ProviderReply::Kind::kDone) {
      LogError("the provider confirms an effect that it had refused", {{"order_id", outcome.record.order_id}});
    }
  }
  std::optional<Ask> ask = calls_.Committed(item.request, std::move(item.decided), std::move(item.done));
  if (!ask.has_value()) return;
  const auto back = [this, asked = ask->record, what = ask->what](ProviderReply reply) {
    loop_.Continue({Answered{asked.action_key, LockOf(asked), what, std::move(reply), asked}});
  };
  try {
    effects_->Call(*ask, back);
  } catch (const std::exception& error) {
    LogError("the provider could not be asked", {{"order_id", ask->record.order_id}, {"error", error.what()}});
    back({ProviderReply::Kind::kUnknown, "", "", "what was asked for cannot be read"});
  }
}

}  // namespace ordersaga::participant

// Random interleavings of charges, refunds, repeats, probes, lost replies, late replies and crashes, thrown at the
// rules of an external effect: two processes over one store, and one provider that keeps its word per key. The seed is
// the test's parameter; 200,000 schedules take a second or two.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "platform/participant/rules.h"

namespace ordersaga::participant {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seed) {
    willing_ = Chance(80);
    not_after_ = Chance(20) ? 30 : 1000;
  }

  void Run() {
    for (int step = 0; step < 60; ++step) {
      Step();
      Check();
    }
    // The network heals: what was on the way arrives, and a caller who insists gets his answer.
    for (int i = 0; i < 20; ++i) Compensate(0), DeliverAll();
    Check();
    ASSERT_TRUE(compensated_) << "a compensation that is repeated must succeed";
    ASSERT_EQ(charged_, refunded_);
    for (int i = 0; i < 3; ++i) Act(0), DeliverAll();
    Check();
    ASSERT_EQ(charged_, refunded_) << "nothing is charged after a compensation";
  }

 private:
  struct Call {
    int process = 0;
    bool undo = false;
    int epoch = 0;
    bool performed = false;  // the provider has seen it
  };

  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  int Process() { return static_cast<int>(random_() % 2); }

  void Step() {
    ++time_;
    const int what = static_cast<int>(random_() % 100);
    if (what < 25) return Act(Process());
    if (what < 40) return Compensate(Process());
    if (what < 60) return Perform();
    if (what < 90) return Deliver();
    Crash(Process());
  }

  absl::Time Now() const { return kNow + absl::Seconds(time_); }
  bool calling(int process) const {
    return std::any_of(calls_.begin(), calls_.end(), [&](const Call& call) {
      return call.process == process && call.epoch == epochs_[process] && !call.undo;
    });
  }
  void Ask(int process, bool undo) {
    for (const Call& call : calls_) {
      if (call.process == process && call.epoch == epochs_[process]) return;  // one at a time: others join or come back
    }
    calls_.push_back({process, undo, epochs_[process], false});
  }

  void Act(int process) {
    const ActionRequest request{"key", "order", "f", kNow + absl::Seconds(not_after_)};
    switch (JudgeAction(stored(), request, Now())) {
      case ActionVerdict::kApply:
        ASSERT_FALSE(compensated_);
        record_ = NewRecord(request, Now());
        return Ask(process, false);
      case ActionVerdict::kInProgress:
        return Ask(process, false);
      case ActionVerdict::kRejectExpired:
        record_ = NewRecord(request, Now());
        Reject(*record_, kExpired, "late");
        return Answer();
      case ActionVerdict::kAnswerStored:
      case ActionVerdict::kRejectVoided:
        return Answer();
      case ActionVerdict::kKeyReused:
        FAIL();
    }
  }

  // Every answer to the action must be the same.
  void Answer() {
    if (record_->state == EffectState::kReversing && record_->answer.empty()) return;
    const bool applied = AnswerOf(*record_).applied;
    if (answered_.has_value()) {
      ASSERT_EQ(*answered_, applied);
    }
    answered_ = applied;
  }

  void Compensate(int process) {
    const CompensationRequest request{"undo", "key", "order", kNow + absl::Seconds(not_after_)};
    switch (JudgeCompensation(stored(), request)) {
      case CompensationVerdict::kVoid:
        record_ = Tombstone(request, Now());
        compensated_ = true;
        return;
      case CompensationVerdict::kNothingToUndo:
      case CompensationVerdict::kAnswerStored:
        compensated_ = true;
        return;
      case CompensationVerdict::kUndo:
      case CompensationVerdict::kUndoOnCompletion:
        record_ = BeginUndo(*record_, request, calling(process), Now());
        if (record_->state == EffectState::kReversing) Ask(process, true);
        return;
      case CompensationVerdict::kInProgress:
        return Ask(process, true);
      case CompensationVerdict::kKeyReused:
        FAIL();
    }
  }

  // A call reaches the provider, perhaps long after its caller has died.
  void Perform() {
    if (calls_.empty()) return;
    Perform(calls_[random_() % calls_.size()]);
  }
  void Perform(Call& call) {
    call.performed = true;
    if (call.undo) {
      if (charged_ == 1) refunded_ = 1;
      barred_ = true;
    } else if (willing_ && !barred_) {
      charged_ = 1;
    }
  }
  ProviderReply ReplyTo(const Call& call) {
    if (!call.performed) return {};  // it gave up waiting
    if (call.undo) return charged_ == 1 ? Said(ProviderReply::Kind::kDone) : Said(ProviderReply::Kind::kRefused);
    return charged_ == 1 ? Said(ProviderReply::Kind::kDone) : Said(ProviderReply::Kind::kRefused);
  }
  static ProviderReply Said(ProviderReply::Kind kind) { return {kind, "id", "NO", "no"}; }

  void Deliver() {
    if (calls_.empty()) return;
    const auto at = calls_.begin() + static_cast<std::ptrdiff_t>(random_() % calls_.size());
    const Call call = *at;
    if (!call.performed && !Chance(20)) return;
    calls_.erase(at);
    if (!call.performed) late_.push_back(call);  // may still reach the provider
    if (call.epoch != epochs_[call.process]) return;
    Finish(call, Chance(15) ? ProviderReply{} : ReplyTo(call));
  }
  void Finish(const Call& call, const ProviderReply& reply) {
    if (call.undo) {
      if (auto ended = FinishUndo(*record_, reply, Now())) {
        if (ended->state == EffectState::kReversed && ledger_ == 0) ledger_charged_ = 1;
        if (ended->state == EffectState::kReversed) ledger_refunded_ = 1;
        record_ = std::move(ended);
      }
    } else if (auto ended = FinishAction(*record_, reply, Now())) {
      if (reply.kind == ProviderReply::Kind::kDone) ledger_ = ledger_charged_ = 1;
      record_ = std::move(ended);
      if (record_->state == EffectState::kReversing) Ask(call.process, true);
      Answer();
    }
  }
  void DeliverAll() {
    for (Call& call : late_) Perform(call);
    late_.clear();
    while (!calls_.empty()) {
      Perform(calls_.front());
      const Call call = calls_.front();
      calls_.erase(calls_.begin());
      if (call.epoch == epochs_[call.process]) Finish(call, ReplyTo(call));
    }
  }

  // Memory is gone, calls on the wire are not. The restarted process asks again about what is unsettled.
  void Crash(int process) {
    ++epochs_[process];
    if (!record_.has_value()) return;
    if (record_->state == EffectState::kInProgress) Ask(process, false);
    if (record_->state == EffectState::kReversing) Ask(process, true);
  }

  void Check() {
    ASSERT_LE(refunded_, charged_);
    if (compensated_ && record_->state != EffectState::kReversing) {
      // A late call may be on the way, but the key is barred or the money went back.
      ASSERT_TRUE(charged_ == refunded_) << Name(record_->state);
    }
    if (record_.has_value() && record_->state == EffectState::kReversed) {
      ASSERT_EQ(ledger_charged_, charged_);
      ASSERT_EQ(ledger_refunded_, refunded_);
    }
    if (record_.has_value() && record_->state == EffectState::kApplied) {
      ASSERT_EQ(charged_, 1);
    }
  }

  const EffectRecord* stored() const { return record_.has_value() ? &*record_ : nullptr; }

  std::mt19937_64 random_;
  bool willing_ = true;
  int not_after_ = 1000;
  int time_ = 0;
  std::optional<EffectRecord> record_;  // the database
  int ledger_ = 0, ledger_charged_ = 0, ledger_refunded_ = 0;
  int charged_ = 0, refunded_ = 0;  // the provider
  bool barred_ = false;
  std::vector<Call> calls_, late_;
  int epochs_[2] = {0, 0};
  bool compensated_ = false;
  std::optional<bool> answered_;
};

class InterleavingsTest : public testing::TestWithParam<int> {};

TEST_P(InterleavingsTest, NoChargeIsLeftAfterACompensationAndNoAnswerChanges) {
  for (int i = 0; i < 20'000 && !HasFatalFailure(); ++i) {
    const auto seed = static_cast<std::uint64_t>(GetParam()) * 1'000'000 + static_cast<std::uint64_t>(i);
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World(seed).Run();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, InterleavingsTest, testing::Range(0, 10));

}  // namespace
}  // namespace ordersaga::participant

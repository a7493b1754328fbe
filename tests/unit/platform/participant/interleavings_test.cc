// Random interleavings of an action, its parts and its compensation, with repeats, lost and late replies and crashes,
// thrown at the real core (core/turn.h, core/calls.h): two processes over one store, and one provider that keeps its
// word per key. The seed is the test's parameter.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "platform/participant/core/calls.h"
#include "tests/unit/platform/participant/moment.h"

namespace ordersaga::participant {
namespace {

constexpr std::int64_t kAmount = 100;
constexpr std::int64_t kPart = 60;  // two of them are too much

class World final : public Effects {
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
    for (int i = 0; i < 3; ++i) Act(0), ActInPart(0, "a"), DeliverAll();
    Check();
    ASSERT_EQ(charged_, refunded_) << "nothing is charged after a compensation";
    ASSERT_EQ(booked_, charged_) << "what was done is booked once";
    for (const auto& [key, record] : records_) ASSERT_FALSE(UnderWay(record)) << key;
  }

  std::optional<ActionAnswer> Refuse(const EffectRecord& record, const EffectRecord* whole) override {
    if (whole == nullptr || record.amount <= whole->amount - whole->given_back) return std::nullopt;
    return Rejected("NO", "too little is left");
  }
  std::optional<ActionAnswer> Apply(const EffectRecord& /*record*/) override { return std::nullopt; }
  bool Undo(const EffectRecord& /*record*/) override { return false; }

 private:
  struct OnTheWay {
    std::size_t process = 0;
    int epoch = 0;
    Ask ask;
    bool performed = false;  // the provider has seen it
  };

  bool Chance(int percent) { return static_cast<int>(random_() % 100) < percent; }
  std::size_t Process() { return random_() % 2; }

  void Step() {
    ++time_;
    const int what = static_cast<int>(random_() % 100);
    if (what < 20) return Act(Process());
    if (what < 30) return ActInPart(Process(), Chance(50) ? "a" : "b");
    if (what < 42) return Compensate(Process());
    if (what < 62) return Perform();
    if (what < 90) return Deliver();
    Crash(Process());
  }

  void Act(std::size_t process) {
    ActionRequest request{"key", "order", "f", kNow + absl::Seconds(not_after_)};
    request.amount = kAmount;
    Turn(process, request, [this](const Outcome& outcome) { Answer("key", outcome); });
  }
  void ActInPart(std::size_t process, const std::string& name) {
    ActionRequest request{name, "order", "f", std::nullopt, "key"};
    request.amount = kPart;
    Turn(process, request, [this, name](const Outcome& outcome) { Answer(name, outcome); });
  }
  void Compensate(std::size_t process) {
    const CompensationRequest request{"undo", "key", "order", kNow + absl::Seconds(not_after_)};
    Turn(process, request, [this](const Outcome& outcome) {
      if (!outcome.status.ok()) return;
      compensated_ = true;
      const EffectState state = records_.at("key").state;
      ASSERT_TRUE(state == EffectState::kReversed || state == EffectState::kVoided || state == EffectState::kRejected)
          << Name(state);
      ASSERT_EQ(outcome.undone, state == EffectState::kReversed);
    });
  }

  // Every answer to an action must be the same.
  void Answer(const std::string& key, const Outcome& outcome) {
    if (!outcome.status.ok()) return;
    const auto [answer, first] = answers_.emplace(key, outcome.action);
    if (first) return;
    ASSERT_EQ(answer->second, outcome.action) << key;
  }

  void Turn(std::size_t process, const Request& request, Calls::Done done) {
    const Loaded loaded = Load(request);
    participant::Turn turn = DecideTurn({&request}, loaded, processes_[process], *this);
    for (const EffectRecord& record : turn.inserts) ASSERT_TRUE(records_.emplace(record.action_key, record).second);
    for (const Change& change : turn.updates) {
      const EffectRecord& record = change.after;
      ASSERT_LE(record.given_back, record.amount);
      if (!record.lock_key.has_value() && Happened(record) && !Happened(*change.before)) booked_ += record.amount;
      records_.insert_or_assign(record.action_key, record);
    }
    auto ask = processes_[process].Committed(request, std::move(turn.decided.front()), std::move(done));
    if (ask.has_value()) calls_.push_back({process, epochs_[process], *std::move(ask)});
  }
  Loaded Load(const Request& request) const {
    Needs needs;
    AddNeeds(request, needs);
    Loaded loaded{{}, kNow + absl::Seconds(time_)};
    for (const auto* keys : {&needs.locks, &needs.keys}) {
      for (const std::string& key : *keys) {
        if (const auto found = records_.find(key); found != records_.end()) loaded.records.insert(*found);
      }
    }
    for (const auto& [key, record] : records_) {
      const bool part = !needs.wholes.empty() && record.lock_key == needs.wholes.front();
      if (part && UnderWay(record)) loaded.records.emplace(key, record);
    }
    return loaded;
  }

  // A call reaches the provider, perhaps long after its caller has died.
  void Perform() {
    if (!calls_.empty()) Perform(calls_[random_() % calls_.size()]);
  }
  void Perform(OnTheWay& call) {
    call.performed = true;
    if (call.ask.record.lock_key.has_value()) {
      if (parts_.insert(call.ask.record.action_key).second) refunded_ += call.ask.record.amount;
    } else if (call.ask.what == Ask::What::kUndo) {
      refunded_ = charged_;
      barred_ = true;
    } else if (willing_ && !barred_) {
      charged_ = kAmount;
    }
  }
  ProviderReply ReplyTo(const OnTheWay& call) const {
    if (!call.performed) return {};  // it gave up waiting
    if (call.ask.record.lock_key.has_value() || charged_ > 0) return {ProviderReply::Kind::kDone, "id"};
    return {ProviderReply::Kind::kRefused, "", "NO", "no"};
  }

  void Deliver() {
    if (calls_.empty()) return;
    const auto at = calls_.begin() + static_cast<std::ptrdiff_t>(random_() % calls_.size());
    const OnTheWay call = *at;
    if (!call.performed && !Chance(20)) return;
    calls_.erase(at);
    if (!call.performed) late_.push_back(call);  // may still reach the provider
    Finish(call, Chance(15) ? ProviderReply{} : ReplyTo(call));
  }
  void Finish(const OnTheWay& call, ProviderReply reply) {
    if (call.epoch != epochs_[call.process]) return;
    const EffectRecord& record = call.ask.record;
    Turn(call.process, Answered{record.action_key, LockOf(record), call.ask.what, std::move(reply)}, nullptr);
  }
  void DeliverAll() {
    for (OnTheWay& call : late_) Perform(call);
    late_.clear();
    while (!calls_.empty()) {
      OnTheWay call = calls_.front();
      calls_.erase(calls_.begin());
      Perform(call);
      Finish(call, ReplyTo(call));
    }
  }

  // Memory is gone, calls on the wire are not. The restarted process asks again about what is unsettled.
  void Crash(std::size_t process) {
    ++epochs_[process];
    processes_[process] = Calls();
    for (const auto& [key, record] : std::map(records_)) {
      if (UnderWay(record)) Turn(process, Resume{key, LockOf(record)}, nullptr);
    }
  }

  void Check() {
    ASSERT_LE(refunded_, charged_);
    const auto found = records_.find("key");
    if (found == records_.end()) return;
    const EffectRecord& record = found->second;
    if (compensated_ && record.state != EffectState::kReversing) {
      // A late call may be on the way, but the key is barred or the money went back.
      ASSERT_EQ(charged_, refunded_) << Name(record.state);
    }
    if (Happened(record)) {
      ASSERT_EQ(charged_, kAmount);
      ASSERT_EQ(booked_, kAmount);
      ASSERT_LE(record.given_back, refunded_);
    }
    if (record.state == EffectState::kReversed) {
      ASSERT_EQ(record.given_back, kAmount);
    }
  }

  std::mt19937_64 random_;
  bool willing_ = true;
  int not_after_ = 1000;
  int time_ = 0;
  std::map<std::string, EffectRecord> records_;  // the database
  std::int64_t booked_ = 0;
  std::int64_t charged_ = 0, refunded_ = 0;  // the provider
  bool barred_ = false;
  std::set<std::string> parts_;
  std::vector<OnTheWay> calls_, late_;
  std::vector<Calls> processes_{2};
  int epochs_[2] = {0, 0};
  bool compensated_ = false;
  std::map<std::string, ActionAnswer> answers_;
};

class InterleavingsTest : public testing::TestWithParam<int> {};

TEST_P(InterleavingsTest, NothingIsLeftAfterACompensationAndNoAnswerChanges) {
  for (int i = 0; i < 5'000 && !HasFatalFailure(); ++i) {
    const auto seed = static_cast<std::uint64_t>(GetParam()) * 1'000'000 + static_cast<std::uint64_t>(i);
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World(seed).Run();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, InterleavingsTest, testing::Range(0, 10));

}  // namespace
}  // namespace ordersaga::participant

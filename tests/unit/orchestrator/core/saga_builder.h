// Shorthand for tests of the core: an order, a saga driven by events, matchers for what a decision asks for.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/core/decide.h"
#include "orchestrator/core/order_saga.h"

namespace ordersaga::orchestrator {

class FixedRng final : public Rng {
 public:
  std::uint64_t Next() override { return ++state_ * 0x9e3779b97f4a7c15ULL; }

 private:
  std::uint64_t state_ = 1;
};

inline absl::Time At(absl::Duration since_start) {
  return absl::FromUnixSeconds(1'700'000'000) + since_start;
}

inline std::shared_ptr<const Order> TwoLaptops() {
  FixedRng rng;
  auto order = std::make_shared<Order>();
  order->id = Uuid::MakeV7(At(absl::ZeroDuration()), 3, rng);
  order->lines = {{"product-001", 2, {5000, "USD"}}};
  order->user_email = "ann@example.com";
  order->total = {10000, "USD"};
  order->created_at = At(absl::ZeroDuration());
  return order;
}

// Plays events against a saga, keeping all that was asked for and published.
class Story {
 public:
  explicit Story(bool start = true, DefinitionOptions options = {}) : Story(OrderSaga(options), start) {}
  explicit Story(Definition definition, bool start = true) : definition_(std::move(definition)) {
    Take(DecideNew(definition_, {TwoLaptops(), start}, now_));
  }

  Story& Later(absl::Duration wait) {
    now_ += wait;
    return *this;
  }
  absl::Status Happens(const Event& event) {
    calls_.clear();
    absl::StatusOr<Decision> decision = Decide(definition_, saga_, event, now_, 0.5);
    if (!decision.ok()) return decision.status();
    Take(*std::move(decision));
    return absl::OkStatus();
  }
  Story& Action(std::variant<Applied, Rejected, OutcomeUnknown> outcome) {
    EXPECT_TRUE(Happens(ActionReplied{saga_.step, record().action_attempts, std::move(outcome)}).ok());
    return *this;
  }
  Story& Compensation(std::variant<Undone, OutcomeUnknown> outcome) {
    EXPECT_TRUE(Happens(CompensationReplied{saga_.step, record().compensation_attempts, std::move(outcome)}).ok());
    return *this;
  }
  Story& TimeUp() {
    EXPECT_TRUE(saga_.due_at.has_value());
    if (saga_.due_at.has_value()) now_ = *saga_.due_at;
    EXPECT_TRUE(Happens(TimerDue{}).ok());
    return *this;
  }

  const Saga& saga() const { return saga_; }
  const StepRecord& record() const { return saga_.steps[saga_.step]; }
  const std::vector<CallParticipant>& calls() const { return calls_; }
  const std::vector<std::string>& events() const { return events_; }
  absl::Time now() const { return now_; }
  const Definition& definition() const { return definition_; }

 private:
  void Take(Decision decision) {
    if (decision.changed) {
      EXPECT_EQ(decision.journal.size(), 1U) << "one journal entry per change";
      EXPECT_EQ(decision.next.version, saga_.version + 1);
    } else {
      EXPECT_TRUE(decision.journal.empty());
      EXPECT_TRUE(decision.events.empty());
    }
    for (const DomainEvent& event : decision.events) {
      events_.emplace_back(event.type->routing_key);
      EXPECT_EQ(event.sequence, static_cast<std::int64_t>(events_.size()));
      if (event.type == &kPaymentRefunded) {
        EXPECT_THAT(events_, ::testing::Contains("payment.successful")) << "a ledger fed by events is never negative";
      }
    }
    saga_ = std::move(decision.next);
    calls_ = std::move(decision.commands);
  }

  const Definition definition_;
  absl::Time now_ = At(absl::ZeroDuration());
  Saga saga_;
  std::vector<CallParticipant> calls_;
  std::vector<std::string> events_;
};

MATCHER_P2(AsksFor, participant, attempt, "") {
  return arg.participant == participant && !arg.compensation && arg.attempt == attempt;
}
MATCHER_P2(AsksToUndo, participant, attempt, "") {
  return arg.participant == participant && arg.compensation && arg.attempt == attempt;
}

}  // namespace ordersaga::orchestrator

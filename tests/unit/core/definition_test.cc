#include "orchestrator/core/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/core/decision.h"
#include "orchestrator/core/saga.h"
#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::HasSubstr;

std::string Problem(const Definition& definition) {
  return MessageOf(Check(definition));
}

TEST(DefinitionTest, TheOrderSagaIsSound) {
  EXPECT_TRUE(Check(OrderSaga({})).ok());
}

TEST(DefinitionTest, RefusesAStepThatCouldNotBeUndone) {
  Definition definition = OrderSaga({});
  definition.steps[0].compensation.reset();
  EXPECT_THAT(Problem(definition), HasSubstr("step 1 (payment) may have to be undone"));
}

TEST(DefinitionTest, RefusesACompensationWithLessTimeThanItsAction) {
  DefinitionOptions options;
  options.compensation_budget = absl::Minutes(1);
  EXPECT_THAT(Problem(OrderSaga(options)), HasSubstr("smaller budget than its action"));
}

TEST(DefinitionTest, RefusesASagaWithoutDeadlineOrPivot) {
  Definition definition = OrderSaga({});
  definition.deadline = absl::ZeroDuration();
  definition.steps.erase(definition.steps.begin() + 1);
  EXPECT_THAT(Problem(definition), HasSubstr("needs a deadline"));
  EXPECT_THAT(Problem(definition), HasSubstr("exactly one pivot"));
}

// What is stored or published under a name keeps it for ever: this list may only grow.
TEST(NamesTest, AreNeverRenamed) {
  EXPECT_EQ(Name(StepId::kPayment), "payment");
  EXPECT_EQ(Name(StepId::kInventory), "inventory");
  EXPECT_EQ(Name(StepId::kNotification), "notification");
  EXPECT_EQ(ParsePhase("waiting"), Phase::kWaiting);
  EXPECT_EQ(ParsePhase("forward"), Phase::kForward);
  EXPECT_EQ(ParsePhase("compensating"), Phase::kCompensating);
  EXPECT_EQ(ParsePhase("notifying"), Phase::kNotifying);
  EXPECT_EQ(ParsePhase("finished"), Phase::kFinished);
  EXPECT_EQ(ParseStepState("running"), StepState::kRunning);
  EXPECT_EQ(ParseStepState("applied"), StepState::kApplied);
  EXPECT_EQ(ParseStepState("rejected"), StepState::kRejected);
  EXPECT_EQ(ParseStepState("unknown"), StepState::kUnknown);
  EXPECT_EQ(ParseStepState("compensating"), StepState::kCompensating);
  EXPECT_EQ(ParseStepState("compensated"), StepState::kCompensated);
  EXPECT_EQ(ParseStepState("void"), StepState::kVoid);
  EXPECT_EQ(ParseEnding("completed"), Ending::kCompleted);
  EXPECT_EQ(ParseEnding("payment_rejected"), Ending::kPaymentRejected);
  EXPECT_EQ(ParseEnding("payment_unknown"), Ending::kPaymentUnknown);
  EXPECT_EQ(ParseEnding("inventory_rejected"), Ending::kInventoryRejected);
  EXPECT_EQ(ParseEnding("inventory_unknown"), Ending::kInventoryUnknown);
  EXPECT_EQ(ParseEnding("cancelled_by_customer"), Ending::kCancelledByCustomer);
  EXPECT_EQ(ParseEnding("deadline_exceeded"), Ending::kDeadlineExceeded);
  EXPECT_EQ(ParseStatus("PENDING"), Status::kPending);
  EXPECT_EQ(ParseStatus("nonsense"), std::nullopt);
  EXPECT_EQ(RoutingKey(DomainEventType::kPaymentRefunded), "payment.refunded");
}

TEST(KeysTest, AreTheSameOnEveryAttempt) {
  const Uuid id = *Uuid::Parse("0190f5fe-7c00-7003-8000-000000000001");
  EXPECT_EQ(ActionKey(id, "payment"), "0190f5fe-7c00-7003-8000-000000000001/payment/action");
  EXPECT_EQ(CompensationKey(id, "inventory"), "0190f5fe-7c00-7003-8000-000000000001/inventory/compensation");
  EXPECT_EQ(id.shard(), 3);
}

}  // namespace
}  // namespace ordersaga::orchestrator

#include "orchestrator/core/order_saga.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orchestrator/core/saga.h"
#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
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

// What a step lacks is named, with the step and the field.
TEST(DefinitionTest, RefusesAStepWithoutTheFactsThatAreToldOfIt) {
  const auto without = [](auto take) {
    Definition definition = OrderSaga({});
    take(definition.steps[0]);
    return Problem(definition);
  };
  EXPECT_THAT(without([](auto& step) { step.name = "Payment/1"; }), HasSubstr("needs a name of lower-case letters"));
  EXPECT_THAT(without([](auto& step) { step.participant = ""; }), HasSubstr("step 1 (payment) needs a participant"));
  EXPECT_THAT(without([](auto& step) { step.unknown_reason = ""; }), HasSubstr("needs an unknown_reason"));
  EXPECT_THAT(without([](auto& step) { step.unknown_message = ""; }), HasSubstr("needs an unknown_message"));
  EXPECT_THAT(without([](auto& step) { step.undone_event = nullptr; }), HasSubstr("so it needs an undone_event"));
  EXPECT_THAT(without([](auto& step) { step.failed_event = nullptr; }),
              HasSubstr("an applied_event and a failed_event"));
  EXPECT_THAT(without([](auto& step) { step.applied_event = &kOrderCreated; }), HasSubstr("\"order.created\""));
  EXPECT_THAT(without([](auto& step) { step.effect = Effect::kStock; }), HasSubstr("two steps with the same effect"));
}

TEST(DefinitionTest, RefusesASagaThatTellsNobody) {
  Definition definition = OrderSaga({});
  definition.steps.pop_back();
  EXPECT_EQ(Problem(definition), "version 1 needs a retriable step after the pivot");
}

TEST(DefinitionsTest, KnowWhereEveryEventGoes) {
  const Definitions all = OrderSagas({.notification_events = true});
  EXPECT_THAT(all.exchanges(), ElementsAre("orders", "payments", "inventory"));
  EXPECT_EQ(all.ExchangeOf("order.created"), "orders");
  EXPECT_EQ(all.ExchangeOf("order.completed"), "orders");
  EXPECT_EQ(all.ExchangeOf("saga.needs_attention"), "orders");
  EXPECT_EQ(all.ExchangeOf("notification.sent"), "orders");
  EXPECT_EQ(all.ExchangeOf("payment.successful"), "payments");
  EXPECT_EQ(all.ExchangeOf("payment.refunded"), "payments");
  EXPECT_EQ(all.ExchangeOf("inventory.failed"), "inventory");
  EXPECT_EQ(all.ExchangeOf("written.by_a_newer_program"), "orders");
}

TEST(DefinitionsTest, AVersionIsGivenOnce) {
  EXPECT_TRUE(Check(Definitions({OrderSaga({})})).ok());
  const absl::Status status = Check(Definitions({OrderSaga({}), OrderSaga({})}));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.ToString(), HasSubstr("1 is given twice"));
}

TEST(DefinitionsTest, KnowEverybodyWhoIsAskedOnceWhateverTheVersion) {
  Definition next = OrderSaga({});
  next.version = 2;
  next.steps[1].participant = "warehouse";
  const Definitions both({OrderSaga({}), next});
  EXPECT_THAT(both.participants(), ElementsAre("payment", "inventory", "notification", "warehouse"));
}

// What is stored or published under a name keeps it for ever: this list may only grow.
TEST(NamesTest, AreNeverRenamed) {
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
  EXPECT_EQ(ParseStatus("PENDING"), Status::kPending);
  EXPECT_EQ(ParseStatus("nonsense"), std::nullopt);
}

TEST(KeysTest, AreTheSameOnEveryAttempt) {
  const Uuid id = *Uuid::Parse("0190f5fe-7c00-7003-8000-000000000001");
  EXPECT_EQ(ActionKey(id, "payment"), "0190f5fe-7c00-7003-8000-000000000001/payment/action");
  EXPECT_EQ(CompensationKey(id, "inventory"), "0190f5fe-7c00-7003-8000-000000000001/inventory/compensation");
  EXPECT_EQ(id.shard(), 3);
}

}  // namespace
}  // namespace ordersaga::orchestrator

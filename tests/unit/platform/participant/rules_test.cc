#include "platform/participant/core/rules.h"
#include "tests/unit/platform/participant/moment.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace ordersaga::participant {
namespace {

ActionRequest Charge(std::string fingerprint = "f") {
  ActionRequest request{"key", "order", std::move(fingerprint), kNow + absl::Minutes(1)};
  request.amount = 1000;
  return request;
}
CompensationRequest Refund() {
  return {"undo", "key", "order", kNow + absl::Minutes(1)};
}
EffectRecord InState(EffectState state) {
  if (state == EffectState::kVoided) return Tombstone(Refund(), kNow);
  EffectRecord record = NewRecord(Charge(), kNow);
  if (state != EffectState::kInProgress)
    Settle(record, state == EffectState::kRejected ? Rejected("NO", "no") : Applied("it"));
  record.state = state;
  return record;
}
ProviderReply Done() {
  return {ProviderReply::Kind::kDone, "id", "", ""};
}
ProviderReply Refused() {
  return {ProviderReply::Kind::kRefused, "", "DECLINED", "no"};
}

TEST(RulesTest, StateNamesAreStoredAndNeverChange) {
  constexpr std::array kNames = {"in_progress", "applied", "rejected", "voided", "reversing", "reversed"};
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(Name(static_cast<EffectState>(i)), kNames[static_cast<std::size_t>(i)]);
    EXPECT_EQ(ParseEffectState(kNames[static_cast<std::size_t>(i)]), static_cast<EffectState>(i));
  }
  EXPECT_EQ(ParseEffectState("gone"), std::nullopt);
}

TEST(RulesTest, AnActionIsJudgedByWhatIsStored) {
  EXPECT_EQ(JudgeAction(nullptr, Charge(), kNow), ActionVerdict::kApply);
  EXPECT_EQ(JudgeAction(nullptr, Charge(), kNow + absl::Minutes(1)), ActionVerdict::kApply);
  EXPECT_EQ(JudgeAction(nullptr, Charge(), kNow + absl::Minutes(2)), ActionVerdict::kRejectExpired);
  const EffectRecord tombstone = Tombstone(Refund(), kNow);
  EXPECT_EQ(JudgeAction(&tombstone, Charge(), kNow), ActionVerdict::kRejectVoided);
  for (const EffectState state : {EffectState::kApplied, EffectState::kRejected, EffectState::kReversed}) {
    const EffectRecord record = InState(state);
    // A stored answer is given for ever, whatever the clock says.
    EXPECT_EQ(JudgeAction(&record, Charge(), kNow + absl::Hours(99)), ActionVerdict::kAnswerStored);
    EXPECT_EQ(JudgeAction(&record, Charge("other"), kNow), ActionVerdict::kKeyReused);
  }
  const EffectRecord running = InState(EffectState::kInProgress);
  EXPECT_EQ(JudgeAction(&running, Charge(), kNow), ActionVerdict::kInProgress);
}

TEST(RulesTest, ACompensationIsJudgedByWhatIsStored) {
  EXPECT_EQ(JudgeCompensation(nullptr, Refund()), CompensationVerdict::kVoid);
  const auto verdict = [](EffectState state) {
    const EffectRecord record = InState(state);
    return JudgeCompensation(&record, Refund());
  };
  EXPECT_EQ(verdict(EffectState::kInProgress), CompensationVerdict::kUndoOnCompletion);
  EXPECT_EQ(verdict(EffectState::kApplied), CompensationVerdict::kUndo);
  EXPECT_EQ(verdict(EffectState::kRejected), CompensationVerdict::kNothingToUndo);
  EXPECT_EQ(verdict(EffectState::kVoided), CompensationVerdict::kNothingToUndo);
  EXPECT_EQ(verdict(EffectState::kReversing), CompensationVerdict::kInProgress);
  EXPECT_EQ(verdict(EffectState::kReversed), CompensationVerdict::kAnswerStored);
}

TEST(RulesTest, WhatWasSettledByHandIsBookedOnceAndOnlyOfWhatHappened) {
  CompensationRequest by_hand = Refund();
  by_hand.by_hand = Settlement{1000, "transfer 4711"};
  const EffectRecord applied = InState(EffectState::kApplied);
  const EffectRecord reversing = BeginUndo(applied, "undo", false, kNow);
  for (const EffectRecord* record : {&applied, &reversing}) {
    EXPECT_EQ(JudgeCompensation(record, by_hand), CompensationVerdict::kSettle);
  }
  // Nobody knows whether that one happened.
  const EffectRecord unknown = BeginUndo(InState(EffectState::kInProgress), "undo", false, kNow);
  EXPECT_EQ(JudgeCompensation(&unknown, by_hand), CompensationVerdict::kInProgress);
  for (const EffectState state : {EffectState::kRejected, EffectState::kVoided}) {
    const EffectRecord record = InState(state);
    EXPECT_EQ(JudgeCompensation(&record, by_hand), CompensationVerdict::kNothingToUndo);
  }

  const EffectRecord settled = SettleByHand(reversing, by_hand, kNow);
  EXPECT_EQ(settled.state, EffectState::kSettled);
  EXPECT_EQ(settled.given_back, 1000);
  EXPECT_TRUE(Happened(settled));
  EXPECT_FALSE(UnderWay(settled)) << "the provider is not asked again";
  EXPECT_EQ(JudgeCompensation(&settled, by_hand), CompensationVerdict::kAnswerStored);
  EXPECT_EQ(JudgeCompensation(&settled, Refund()), CompensationVerdict::kAnswerStored);
  EXPECT_EQ(FinishUndo(settled, Done(), kNow), std::nullopt) << "an answer that comes late";
}

TEST(RulesTest, ACompensationOfAnotherOrdersActionIsRefused) {
  const EffectRecord record = InState(EffectState::kApplied);
  CompensationRequest strange = Refund();
  strange.order_id = "another";
  EXPECT_EQ(JudgeCompensation(&record, strange), CompensationVerdict::kKeyReused);
}

TEST(RulesTest, AVoidedActionAnswersRejectedAndNeverApplied) {
  const EffectRecord tombstone = Tombstone(Refund(), kNow);
  EXPECT_FALSE(tombstone.settled->applied);
  EXPECT_EQ(tombstone.settled->reason, kCompensated);
}

TEST(RulesTest, AnActionThatWasAnsweredAppliedAnswersSoAfterItsUndoing) {
  const EffectRecord applied = InState(EffectState::kApplied);
  const EffectRecord reversing = BeginUndo(applied, "undo", false, kNow);
  const auto reversed = FinishUndo(reversing, Done(), kNow);
  ASSERT_TRUE(reversed.has_value());
  EXPECT_EQ(reversed->state, EffectState::kReversed);
  EXPECT_EQ(reversed->settled, applied.settled);
  EXPECT_EQ(reversed->given_back, 1000);
}

TEST(RulesTest, AnActionNobodyHeardOfIsBarredByItsUndoing) {
  const EffectRecord running = InState(EffectState::kInProgress);
  const EffectRecord reversing = BeginUndo(running, "undo", /*calling=*/false, kNow);
  EXPECT_EQ(reversing.state, EffectState::kReversing);
  for (const ProviderReply& reply : {Done(), Refused()}) {
    const auto ended = FinishUndo(reversing, reply, kNow);
    ASSERT_TRUE(ended.has_value());
    EXPECT_FALSE(ended->settled->applied);
    EXPECT_EQ(ended->settled->reason, kCompensated);
    EXPECT_EQ(Happened(*ended), reply.kind == ProviderReply::Kind::kDone);
  }
  // A reply that comes after that changes nothing.
  EXPECT_FALSE(FinishAction(reversing, Done(), kNow).has_value());
}

TEST(RulesTest, AnActionUnderWayIsUndoneWhenItsAnswerComes) {
  const EffectRecord marked = BeginUndo(InState(EffectState::kInProgress), "undo", /*calling=*/true, kNow);
  EXPECT_EQ(marked.state, EffectState::kInProgress);
  const auto done = FinishAction(marked, Done(), kNow);
  ASSERT_TRUE(done.has_value());
  EXPECT_EQ(done->state, EffectState::kReversing);
  const auto refused = FinishAction(marked, Refused(), kNow);
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->state, EffectState::kRejected);
}

TEST(RulesTest, AnUnknownReplyStoresNothing) {
  EXPECT_FALSE(FinishAction(InState(EffectState::kInProgress), {}, kNow).has_value());
  EXPECT_FALSE(FinishUndo(BeginUndo(InState(EffectState::kApplied), "undo", false, kNow), {}, kNow).has_value());
}

TEST(RulesTest, AProviderThatDeniesAConfirmedChargeIsNotBelieved) {
  const EffectRecord reversing = BeginUndo(InState(EffectState::kApplied), "undo", false, kNow);
  EXPECT_FALSE(FinishUndo(reversing, Refused(), kNow).has_value());
}

TEST(RulesTest, ForeignTextIsMadeSafeAndARefusalAlwaysHasAReason) {
  ProviderReply reply = Refused();
  reply.reason = "";
  reply.message = std::string("bad\0text\xff", 9);
  const auto record = FinishAction(InState(EffectState::kInProgress), reply, kNow);
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(record->settled->reason, kRefusedWithoutReason);
  EXPECT_EQ(record->settled->message, "bad text?");
}

}  // namespace
}  // namespace ordersaga::participant

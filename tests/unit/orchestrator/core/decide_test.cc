#include "orchestrator/core/decide.h"

#include "platform/base/error.h"
#include "tests/unit/orchestrator/core/saga_builder.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Rejected kDeclined{"CARD_DECLINED", "the card was declined"};
const Rejected kOutOfStock{"OUT_OF_STOCK", "product-001: 999 asked for, 100 there"};
const OutcomeUnknown kSilence{"deadline exceeded", true, std::nullopt};
const OutcomeUnknown kRefused{"invalid argument", false, std::nullopt};

TEST(DecideTest, CompletesTheHappyPath) {
  Story story;
  EXPECT_THAT(story.calls(), ElementsAre(AsksFor("payment", 1)));
  story.Action(Applied{"ch-1"});
  EXPECT_THAT(story.calls(), ElementsAre(AsksFor("inventory", 1)));
  EXPECT_EQ(story.saga().status, Status::kPending);
  story.Action(Applied{"rs-1"});
  EXPECT_EQ(story.saga().status, Status::kCompleted);
  EXPECT_THAT(story.calls(), ElementsAre(AsksFor("notification", 1)));
  story.Action(Applied{"ms-1"});
  EXPECT_TRUE(story.saga().finished());
  EXPECT_THAT(story.calls(), IsEmpty());
  EXPECT_THAT(story.events(),
              ElementsAre("order.created", "payment.successful", "inventory.successful", "order.completed"));
}

TEST(DecideTest, CancelsAtOnceWhenPaymentIsRejected) {
  Story story;
  story.Action(kDeclined);
  EXPECT_EQ(story.saga().status, Status::kCancelled);
  EXPECT_EQ(story.saga().ending, Ending(Ending::kRejected, 0));
  EXPECT_EQ(story.saga().reason, "CARD_DECLINED");
  EXPECT_THAT(story.calls(), ElementsAre(AsksFor("notification", 1)));
  EXPECT_THAT(story.events(), ElementsAre("order.created", "payment.failed", "order.cancelled"));
}

TEST(DecideTest, RefundsWhenReservationIsRejectedAndCancelsOnlyAfterTheRefund) {
  Story story;
  story.Action(Applied{"ch-1"}).Action(kOutOfStock);
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("payment", 1)));
  EXPECT_EQ(story.saga().status, Status::kPending);
  story.Compensation(Undone{true, Money{10000, "USD"}, "rf-1"});
  EXPECT_EQ(story.saga().status, Status::kCancelled);
  EXPECT_EQ(story.saga().refunded, (Money{10000, "USD"}));
  EXPECT_THAT(story.events(), ElementsAre("order.created", "payment.successful", "inventory.failed", "payment.refunded",
                                          "order.cancelled"));
}

TEST(DecideTest, AsksAgainAfterSilenceWithTheNextAttempt) {
  Story story;
  story.Action(kSilence);
  EXPECT_THAT(story.calls(), IsEmpty());
  story.TimeUp();
  EXPECT_THAT(story.calls(), ElementsAre(AsksFor("payment", 2)));
}

TEST(DecideTest, HonoursTheRetryAfterOfAParticipant) {
  Story story;
  story.Action(OutcomeUnknown{"unavailable", true, absl::Seconds(7)});
  EXPECT_EQ(story.saga().due_at, story.now() + absl::Seconds(7));
}

TEST(DecideTest, NeverReadsSilenceAsANo) {
  Story story;
  for (int i = 0; i < 5; ++i) story.Action(kSilence).TimeUp();
  EXPECT_EQ(story.saga().status, Status::kPending);
  EXPECT_EQ(story.saga().phase, Phase::kForward);
}

TEST(DecideTest, CompensatesAPaymentOfUnknownFateWhenItsBudgetEnds) {
  Story story;
  story.Later(absl::Minutes(5)).Action(kSilence);
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("payment", 1)));
  EXPECT_EQ(story.saga().status, Status::kPending);
  story.Compensation(Undone{false, std::nullopt, ""});
  EXPECT_EQ(story.saga().ending, Ending(Ending::kUnknown, 0));
  EXPECT_THAT(story.events(), ElementsAre("order.created", "payment.failed", "order.cancelled"));
}

TEST(DecideTest, ReportsTheRefundWhenAnUnknownPaymentTurnsOutToHaveHappened) {
  Story story;
  story.Later(absl::Minutes(5)).Action(kSilence);
  story.Compensation(Undone{true, Money{10000, "USD"}, "rf-1"});
  EXPECT_THAT(story.events(),
              ElementsAre("order.created", "payment.successful", "payment.refunded", "order.cancelled"));
}

TEST(DecideTest, ReportsTheChargeBeforeTheRefundWhenACancelFindsAnUnansweredPayment) {
  Story story;
  ASSERT_TRUE(story.Happens(CancelRequested{"changed my mind"}).ok());
  story.Action(kSilence).Compensation(Undone{true, Money{10000, "USD"}, "rf-1"});
  EXPECT_THAT(story.events(),
              ElementsAre("order.created", "payment.successful", "payment.refunded", "order.cancelled"));
}

TEST(DecideTest, SaysNothingOfMoneyWhenACancelledPaymentNeverHappened) {
  Story story;
  ASSERT_TRUE(story.Happens(CancelRequested{"changed my mind"}).ok());
  story.Action(kSilence).Compensation(Undone{false, std::nullopt, ""});
  EXPECT_THAT(story.events(), ElementsAre("order.created", "order.cancelled"));
}

TEST(DecideTest, UndoesAnUnknownReservationBeforeThePayment) {
  Story story;
  story.Action(Applied{"ch-1"}).Later(absl::Minutes(5)).Action(kSilence);
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("inventory", 1)));
  story.Compensation(Undone{true, std::nullopt, ""});
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("payment", 1)));
  story.Compensation(Undone{true, Money{10000, "USD"}, "rf-1"});
  EXPECT_EQ(story.saga().ending, Ending(Ending::kUnknown, 1));
  EXPECT_THAT(story.events(), ElementsAre("order.created", "payment.successful", "inventory.failed", "payment.refunded",
                                          "order.cancelled"));
}

TEST(DecideTest, DoesNotRepeatAnActionThatCannotSucceed) {
  Story story;
  story.Action(kRefused);
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("payment", 1)));
}

TEST(DecideTest, ParksACompensationThatIsRefused) {
  Story story;
  story.Action(Applied{"ch-1"}).Action(kOutOfStock).Compensation(kRefused);
  EXPECT_EQ(story.saga().parked, "COMPENSATION_REFUSED");
  EXPECT_EQ(story.saga().status, Status::kPending);
  EXPECT_EQ(story.events().back(), "saga.needs_attention");
  EXPECT_THAT(story.calls(), IsEmpty());
}

TEST(DecideTest, ParksACompensationWhoseBudgetEnds) {
  Story story;
  story.Action(Applied{"ch-1"}).Action(kOutOfStock);
  story.Later(absl::Hours(1)).Compensation(kSilence);
  EXPECT_EQ(story.saga().parked, "COMPENSATION_EXHAUSTED");
}

TEST(DecideTest, ALateAnswerEndsTheParking) {
  Story story;
  story.Action(Applied{"ch-1"}).Action(kOutOfStock).Compensation(kRefused);
  story.Compensation(Undone{true, Money{10000, "USD"}, "rf-1"});
  EXPECT_EQ(story.saga().parked, "");
  EXPECT_EQ(story.saga().status, Status::kCancelled);
}

TEST(DecideTest, CancelWhileACallIsOutWaitsForItsAnswer) {
  Story story;
  ASSERT_TRUE(story.Happens(CancelRequested{"changed my mind"}).ok());
  EXPECT_THAT(story.calls(), IsEmpty());
  story.Action(Applied{"ch-1"});
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("payment", 1)));
  story.Compensation(Undone{true, Money{10000, "USD"}, "rf-1"});
  EXPECT_EQ(story.saga().ending, Ending::kCancelledByCustomer);
  EXPECT_THAT(story.events(),
              ElementsAre("order.created", "payment.successful", "payment.refunded", "order.cancelled"));
}

TEST(DecideTest, AReservationThatArrivesAfterTheCancelLosesToIt) {
  Story story;
  story.Action(Applied{"ch-1"});
  ASSERT_TRUE(story.Happens(CancelRequested{""}).ok());
  story.Action(Applied{"rs-1"});
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("inventory", 1)));
  story.Compensation(Undone{true, std::nullopt, ""});
  story.Compensation(Undone{true, Money{10000, "USD"}, "rf-1"});
  EXPECT_EQ(story.saga().status, Status::kCancelled);
  EXPECT_THAT(story.events(),
              ElementsAre("order.created", "payment.successful", "payment.refunded", "order.cancelled"));
}

TEST(DecideTest, CancelDuringABackOffUndoesTheUnknownAtOnce) {
  Story story;
  story.Action(kSilence);
  ASSERT_TRUE(story.Happens(CancelRequested{""}).ok());
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("payment", 1)));
}

TEST(DecideTest, CancelOfAWaitingOrderNeedsNoParticipantButTheMail) {
  Story story(/*start=*/false);
  ASSERT_TRUE(story.Happens(CancelRequested{""}).ok());
  EXPECT_EQ(story.saga().status, Status::kCancelled);
  EXPECT_THAT(story.calls(), ElementsAre(AsksFor("notification", 1)));
  EXPECT_THAT(story.events(), ElementsAre("order.created", "order.cancelled"));
}

TEST(DecideTest, CancelAfterThePivotIsRefused) {
  Story story;
  story.Action(Applied{"ch-1"}).Action(Applied{"rs-1"});
  const absl::Status refused = story.Happens(CancelRequested{""});
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), "ORDER_ALREADY_COMPLETED");
  EXPECT_EQ(story.saga().status, Status::kCompleted);
}

TEST(DecideTest, TheDeadlineStopsASagaBeforeThePivot) {
  Story story;
  story.Action(Applied{"ch-1"}).Later(absl::Minutes(15)).Action(Applied{"rs-1"});
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("inventory", 1)));
  EXPECT_EQ(story.saga().ending, Ending::kDeadlineExceeded);
}

TEST(DecideTest, ARejectionCountsWhateverItsAttempt) {
  Story story;
  story.Action(kSilence).TimeUp();
  ASSERT_TRUE(story.Happens(ActionReplied{0, 1, kDeclined}).ok());
  EXPECT_EQ(story.saga().status, Status::kCancelled);
}

TEST(DecideTest, TheSilenceOfAnEarlierAttemptMeansNothing) {
  Story story;
  story.Action(kSilence).TimeUp();
  ASSERT_TRUE(story.Happens(ActionReplied{0, 1, kSilence}).ok());
  EXPECT_FALSE(story.saga().due_at.has_value());
}

TEST(DecideTest, AnAnswerToAnEarlierStepOrDirectionMeansNothing) {
  Story story;
  story.Action(Applied{"ch-1"});
  ASSERT_TRUE(story.Happens(ActionReplied{0, 1, kDeclined}).ok());
  EXPECT_EQ(story.saga().phase, Phase::kForward);
  story.Action(kOutOfStock);
  ASSERT_TRUE(story.Happens(ActionReplied{1, 1, Applied{"rs-1"}}).ok());
  EXPECT_EQ(story.saga().phase, Phase::kCompensating);
}

TEST(DecideTest, ResumingRepeatsTheCallWithTheSameAttempt) {
  Story story;
  story.Action(kSilence).TimeUp();
  ASSERT_TRUE(story.Happens(Resumed{}).ok());
  EXPECT_THAT(story.calls(), ElementsAre(AsksFor("payment", 2)));
}

TEST(DecideTest, ResumingAStoppedSagaUndoesTheUnknown) {
  Story story;
  ASSERT_TRUE(story.Happens(CancelRequested{""}).ok());
  ASSERT_TRUE(story.Happens(Resumed{}).ok());
  EXPECT_THAT(story.calls(), ElementsAre(AsksToUndo("payment", 1)));
}

TEST(DecideTest, ANotificationThatNeverSucceedsParksAndLeavesTheOrderAlone) {
  Story story;
  story.Action(Applied{"ch-1"}).Action(Applied{"rs-1"}).Later(absl::Hours(24)).Action(kSilence);
  EXPECT_EQ(story.saga().parked, "NOTIFICATION_EXHAUSTED");
  EXPECT_EQ(story.saga().status, Status::kCompleted);
}

TEST(DecideTest, NothingIsDecidedAboutASagaThatLacksAStep) {
  const Definition definition = OrderSaga({});
  Saga saga = Story().saga();
  saga.steps.pop_back();
  for (const Event& event : std::vector<Event>{Resumed{}, TimerDue{}, FaultFound{"X"}, ActionReplied{2, 1, kSilence}}) {
    EXPECT_EQ(Decide(definition, saga, event, absl::Now(), 0.5).status().code(), absl::StatusCode::kInternal);
  }
}

TEST(DecideTest, NothingHappensToAFinishedSaga) {
  Story story;
  story.Action(kDeclined).Action(Applied{"ms-1"});
  ASSERT_TRUE(story.saga().finished());
  const std::int64_t version = story.saga().version;
  for (const Event& event :
       std::vector<Event>{Admitted{}, TimerDue{}, Resumed{}, CancelRequested{}, ActionReplied{0, 1, Applied{"x"}},
                          CompensationReplied{0, 1, Undone{true, {}, ""}}, FaultFound{"X"}}) {
    EXPECT_TRUE(story.Happens(event).ok());
    EXPECT_EQ(story.saga().version, version);
    EXPECT_THAT(story.calls(), IsEmpty());
  }
}

TEST(Decide, APausedSagaThatWasParkedForItsRowHasItsTimeBackAtTheNextAnswer) {
  Story story;
  ASSERT_TRUE(story.Happens(VerbAsked{Verb::kPause, {"olga", "", "wait"}}).ok());
  Saga saga = story.saga();
  saga.parked = "BAD_ROW";  // as the store does it
  const absl::Time late = *saga.deadline_at + absl::Seconds(1);
  const auto decision = Decide(OrderSaga({}), saga, ActionReplied{0, 1, Applied{"ch-1"}}, late, 0.5);
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(decision->next.parked, "");
  EXPECT_EQ(decision->next.paused_at, std::nullopt);
  EXPECT_EQ(decision->next.phase, Phase::kCompensating) << "its deadline counts again";
}

}  // namespace
}  // namespace ordersaga::orchestrator

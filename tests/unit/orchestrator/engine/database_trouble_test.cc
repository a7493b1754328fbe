// A database that refuses, falls silent, or whose clock jumps: what callers and operators hear, and what goes on.
#include "tests/unit/orchestrator/engine/engine_fixture.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::HasSubstr;

TEST_F(EngineTest, CallersOfADatabaseThatRefusesHearOfItWithinASecondAndNothingIsKept) {
  Start(Options());
  store.refuses = "no space left on device";
  absl::StatusOr<Placed> first = absl::UnknownError("no answer");
  engine->PlaceOrder(Request("k1"), [&](absl::StatusOr<Placed> placed) { first = placed; });
  Run();
  Later(absl::Seconds(1));
  EXPECT_EQ(ReasonOf(first.status()), "DATABASE_UNAVAILABLE");
  EXPECT_THAT(MessageOf(engine->Ready()), HasSubstr("no space left on device"));

  store.refuses.clear();
  Later(absl::Seconds(1));
  EXPECT_TRUE(database.sagas.empty()) << "the refused order does not appear later";
  ASSERT_TRUE(Place("k1").ok()) << "the same key again is safe";
  EXPECT_EQ(database.sagas.size(), 1U);
  EXPECT_TRUE(engine->Ready().ok()) << engine->Ready();
}

TEST_F(EngineTest, WhatWasUnderWayIsStoredOnceTheDatabaseTakesItAndCallersAreRefusedMeanwhile) {
  Start(Options());
  const auto placed = Place("k1");
  ASSERT_TRUE(placed.ok());
  store.refuses = "no space left on device";
  Answer(Applied{"ch"});
  Later(absl::Seconds(1));
  EXPECT_EQ(ReasonOf(Place("k2").status()), "DATABASE_UNAVAILABLE");
  absl::Status cancelled = absl::UnknownError("no answer");
  engine->CancelOrder(placed->id, {""}, [&](absl::Status status) { cancelled = std::move(status); });
  Run();
  EXPECT_EQ(ReasonOf(cancelled), "DATABASE_UNAVAILABLE");
  store.refuses.clear();
  Later(absl::Seconds(1));
  EXPECT_EQ(database.sagas.at(placed->id).steps[0].state, StepState::kApplied);
}

TEST_F(EngineTest, IsNotReadyOnceTheDatabaseHasBeenSilentForALease) {
  Start(Options());
  ASSERT_TRUE(engine->Ready().ok());
  store.silent = true;  // takes requests and does not answer: a frozen server
  Later(Options().lease / 8);
  EXPECT_TRUE(engine->Ready().ok());
  clock.elapsed += Options().lease;
  EXPECT_THAT(MessageOf(engine->Ready()), HasSubstr("does not answer"));
  EXPECT_EQ(ReasonOf(Place("k1").status()), "DATABASE_UNAVAILABLE") << "not: ask another replica";
}

TEST_F(EngineTest, ALeapOfTheDatabasesClockCancelsNothingAndStopsNoTimer) {
  for (const absl::Duration leap : {absl::Hours(1), -absl::Hours(1)}) {
    Start(Options());
    const auto placed = Place("k" + absl::FormatDuration(leap));
    ASSERT_TRUE(placed.ok());
    Answer(OutcomeUnknown{"silence", true, std::nullopt});
    const std::size_t calls = participant.keys.size();
    store.ahead = leap;
    Later(absl::Minutes(1));
    EXPECT_GT(participant.keys.size(), calls) << "the retry came when it was due";
    EXPECT_EQ(database.sagas.at(placed->id).phase, Phase::kForward) << "and the deadline did not";
    EXPECT_EQ(absl::Microseconds(engine->stats().database_clock_offset_us.load()), leap);
    engine.reset();
    participant.held.clear();
    store.ahead = absl::ZeroDuration();
    clock.elapsed += absl::Minutes(1);  // its leases run out
  }
}

}  // namespace
}  // namespace ordersaga::orchestrator

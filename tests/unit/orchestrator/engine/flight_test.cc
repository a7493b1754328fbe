// What becomes of a turn, by each of the store's answers: the flight without the engine.
#include "orchestrator/engine/flight.h"

#include "tests/unit/orchestrator/engine/parts_fixture.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Remembers what it is told.
class Outcome final : public TurnOutcome {
 public:
  explicit Outcome(Leases& leases) : leases_(leases) {}
  void Settled(std::vector<StagedSaga> sagas) override {
    for (const StagedSaga& staged : sagas) settled.push_back(staged.write.saga.id());
  }
  void Dropped(const Uuid& saga) override { dropped.push_back(saga); }
  void Parked(const Saga& before, const Saga& /*parked*/) override { parked.push_back(before.id()); }
  void Lost(int shard) override {
    lost.push_back(shard);
    leases_.Drop(shard);
  }
  void Distrusted(int shard) override {
    distrusted.push_back(shard);
    leases_.Unload(shard);
  }
  std::vector<Uuid> settled, dropped, parked;
  std::vector<int> lost, distrusted;

 private:
  Leases& leases_;
};

class FlightTest : public PartsTest {
 protected:
  FlightTest() {
    for (int shard = 0; shard < kShards; ++shard) relay.AddShard(store.Contents(shard));
  }

  // Stages a new order with this key; who placed it hears into `answers`.
  Uuid Place(int shard, const std::string& key) {
    Decision decision = Decided(shard);
    const Uuid id = decision.next.id();
    StagedSaga& staged = flight.turn().Add(nullptr, std::move(decision), OrderKey{"", key, "fp"});
    staged.placed.emplace_back([this, key](absl::StatusOr<Placed> placed) { answers[key] = std::move(placed); }, "fp");
    return id;
  }
  // Stages the next decision of a stored saga.
  Uuid Change(const Saga& saga) {
    StagedSaga& staged = flight.turn().Add(&saga, AfterApplied(saga), std::nullopt);
    staged.requested.emplace_back([this](absl::Status status) { requested = std::move(status); });
    return saga.id();
  }
  void Send() {
    flight.Begin();
    Run();
  }
  void Next(CommitResult result) {
    store.trouble = [result = std::move(result)](TroubledStore&, const Turn&) { return result; };
  }

  Relay relay{store, broker, {}, stats, loop};
  Outcome outcome{leases};
  Flight flight{loop, store, leases, relay, health, stats, absl::ZeroDuration(), "a key", outcome};
  std::map<std::string, absl::StatusOr<Placed>> answers;
  absl::Status requested = absl::UnknownError("no answer");
};

TEST_F(FlightTest, NothingStagedIsNothingSent) {
  Send();
  EXPECT_EQ(store.commits, 0);
  EXPECT_TRUE(flight.MayBegin());
}

TEST_F(FlightTest, OneTurnAtATimeAndWhatIsStoredIsSettled) {
  const Uuid id = Place(0, "k1");
  flight.Begin();
  EXPECT_FALSE(flight.MayBegin()) << "until its result has been heard";
  EXPECT_THAT(outcome.settled, IsEmpty());
  Run();
  EXPECT_THAT(outcome.settled, ElementsAre(id));
  EXPECT_TRUE(flight.MayBegin());
  EXPECT_TRUE(database.sagas.contains(id));
  EXPECT_TRUE(answers.empty()) << "whoever acts on it answers, too";
}

TEST_F(FlightTest, TheNextTurnsEventsTakeTheNextPositions) {
  Place(0, "k1");
  Send();
  Place(0, "k2");
  Send();
  EXPECT_THAT(outcome.lost, IsEmpty()) << "the store would fence a wrong position";
  EXPECT_EQ(leases.Find(0)->next_position, 3);
}

TEST_F(FlightTest, AKeyThatMadeAnotherOrderIsAnsweredWithThatOrder) {
  const Uuid first = Place(0, "k1");
  Send();
  const Uuid again = Place(0, "k1");
  Send();
  EXPECT_EQ(answers.at("k1")->id, first);
  EXPECT_TRUE(answers.at("k1")->replayed);
  EXPECT_THAT(outcome.dropped, ElementsAre(again));
  EXPECT_THAT(outcome.settled, ElementsAre(first));
}

TEST_F(FlightTest, OfAFencedTurnOnlyTheRestIsSentAgain) {
  const Uuid fenced = Place(0, "k1");
  const Uuid other = Place(1, "k2");
  ++database.shards[0].token;
  Send();
  EXPECT_THAT(outcome.lost, ElementsAre(0));
  EXPECT_THAT(outcome.dropped, ElementsAre(fenced));
  EXPECT_EQ(ReasonOf(answers.at("k1").status()), "TRY_AGAIN");
  EXPECT_THAT(outcome.settled, ElementsAre(other));
  EXPECT_EQ(store.commits, 2);
}

TEST_F(FlightTest, AShardTakenAgainSinceTheTurnWasSentIsKept) {
  const Uuid fenced = Place(0, "k1");
  Next(Fenced{{0}});
  flight.Begin();
  leases.Drop(0);
  Own(0);
  Run();
  EXPECT_THAT(outcome.lost, IsEmpty());
  EXPECT_THAT(outcome.dropped, ElementsAre(fenced));
  EXPECT_NE(leases.Usable(0), nullptr);
}

TEST_F(FlightTest, ABadRowIsParkedAndTheRestIsSentAgain) {
  const Saga saga = Stored(0);
  const Uuid bad = Change(saga);
  const Uuid good = Place(0, "k1");
  Next(BadRows{{bad}, "invalid byte sequence"});
  Send();
  EXPECT_THAT(outcome.parked, ElementsAre(bad));
  EXPECT_THAT(outcome.settled, ElementsAre(good));
  EXPECT_EQ(database.sagas.at(bad).parked, "BAD_ROW");
  EXPECT_EQ(ReasonOf(requested), "BAD_ROW");
}

TEST_F(FlightTest, AStaleSagasShardIsNotTrustedAndNothingOfItIsSentAgain) {
  const Saga saga = Stored(0);
  const Uuid stale = Change(saga);
  const Uuid other = Place(1, "k1");
  ++database.sagas.at(stale).version;
  Send();
  EXPECT_THAT(outcome.distrusted, ElementsAre(0));
  EXPECT_THAT(outcome.dropped, ElementsAre(stale));
  EXPECT_THAT(outcome.settled, ElementsAre(other));
}

TEST_F(FlightTest, ATurnInDoubtIsNeverSentAgainAndTheRowsTellWhoseTheShardsAre) {
  Place(0, "k1");
  Place(1, "k2");
  ++database.shards[1].token;  // taken by another replica
  Next(InDoubt{});
  Send();
  EXPECT_EQ(store.commits, 1);
  EXPECT_THAT(outcome.distrusted, ElementsAre(0));
  EXPECT_THAT(outcome.lost, ElementsAre(1));
  EXPECT_EQ(outcome.dropped.size(), 2U);
  EXPECT_EQ(ReasonOf(answers.at("k1").status()), "TRY_AGAIN");
  EXPECT_EQ(ReasonOf(answers.at("k2").status()), "TRY_AGAIN");
  EXPECT_TRUE(flight.MayBegin());
}

TEST_F(FlightTest, DoubtLastsUntilTheDatabaseAnswers) {
  Place(0, "k1");
  store.reads_fail = true;
  Next(InDoubt{});
  Send();
  EXPECT_FALSE(flight.MayBegin());
  Later(absl::Seconds(1));
  EXPECT_TRUE(flight.Refusing());
  EXPECT_TRUE(answers.empty());
  store.reads_fail = false;
  Later(kPause);
  EXPECT_THAT(outcome.distrusted, ElementsAre(0));
  EXPECT_FALSE(flight.Refusing());
}

TEST_F(FlightTest, ARefusedTurnIsSentAgainAndItsNewOrdersAreGivenUpAfterHalfASecond) {
  const Saga saga = Stored(0);
  const Uuid changed = Change(saga);
  const Uuid fresh = Place(0, "k1");
  store.refuses = "no space left on device";
  Send();
  Later(kPause);
  EXPECT_FALSE(flight.Refusing());
  EXPECT_TRUE(answers.empty());
  Later(kPause);
  Later(kPause);
  EXPECT_TRUE(flight.Refusing());
  EXPECT_EQ(ReasonOf(answers.at("k1").status()), "DATABASE_UNAVAILABLE");
  EXPECT_EQ(ReasonOf(requested), "DATABASE_UNAVAILABLE");
  EXPECT_THAT(outcome.dropped, ElementsAre(fresh));
  store.refuses.clear();
  Later(kPause);
  EXPECT_THAT(outcome.settled, ElementsAre(changed)) << "what was under way stays in the turn";
  EXPECT_FALSE(database.sagas.contains(fresh));
}

TEST_F(FlightTest, WhatTheBrokerHasTakenIsStoredWithinASecondThoughNothingElseHappens) {
  Place(0, "k1");
  Send();
  relay.Pump();
  Run();
  flight.SavePositions(false);
  Send();
  EXPECT_EQ(database.shards[0].relayed_position, 1) << "at once, the first time";
  Place(0, "k2");
  Send();
  relay.Pump();
  Run();
  flight.SavePositions(false);
  Send();
  EXPECT_EQ(database.shards[0].relayed_position, 1);
  flight.SavePositions(true);
  Send();
  EXPECT_EQ(database.shards[0].relayed_position, 2);
}

}  // namespace
}  // namespace ordersaga::orchestrator

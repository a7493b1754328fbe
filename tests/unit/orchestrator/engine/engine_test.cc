#include "tests/unit/orchestrator/engine/engine_fixture.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;

TEST_F(EngineTest, DrivesAnOrderToItsEnd) {
  Start(Options());
  const auto placed = Place("k1");
  ASSERT_TRUE(placed.ok()) << placed.status();
  ASSERT_EQ(participant.held.size(), 1U);
  EXPECT_EQ(participant.held[0].first.key, placed->id.ToString() + "/payment/action");
  Answer(Applied{"ch"});
  Answer(Applied{"rs"});
  EXPECT_EQ(database.sagas.at(placed->id).status, Status::kCompleted);
  Answer(Applied{"ms"});
  EXPECT_TRUE(database.sagas.at(placed->id).finished());
  EXPECT_THAT(EventsOf(placed->id),
              ElementsAre("order.created", "payment.successful", "inventory.successful", "order.completed"));
  EXPECT_EQ(engine->stats().sagas_in_memory, 0);
}

TEST_F(EngineTest, OneKeyIsOneOrder) {
  Start(Options());
  const auto first = Place("k1");
  const auto again = Place("k1");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->id, first->id);
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(ReasonOf(Place("k1", "other").status()), "IDEMPOTENCY_KEY_REUSED");
  EXPECT_EQ(database.sagas.size(), 1U);
  EXPECT_EQ(database.outbox.size(), 1U);
}

TEST_F(EngineTest, OneKeyTwiceInOneTurnIsOneOrder) {
  Start(Options());
  std::vector<absl::StatusOr<Placed>> answers;
  for (int i = 0; i < 3; ++i) {
    engine->PlaceOrder(Request("k1"), [&](absl::StatusOr<Placed> placed) { answers.push_back(placed); });
  }
  Run();
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[0]->id, answers[2]->id);
  EXPECT_FALSE(answers[0]->replayed);
  EXPECT_TRUE(answers[2]->replayed);
  EXPECT_EQ(database.sagas.size(), 1U);
}

TEST_F(EngineTest, ManyOrdersAreOneCommit) {
  Start(Options());
  const int before = store.commits;
  for (int i = 0; i < 100; ++i) {
    engine->PlaceOrder(Request("k" + std::to_string(i)),
                       [](const absl::StatusOr<Placed>& placed) { EXPECT_TRUE(placed.ok()); });
  }
  Run();
  EXPECT_EQ(store.commits, before + 1);
  EXPECT_EQ(database.sagas.size(), 100U);
}

TEST_F(EngineTest, NothingIsSentBeforeItIsStored) {
  Start(Options());
  store.trouble = [](TroubledStore&, const Turn&) { return CommitResult(Unavailable{"down"}); };
  bool answered = false;
  engine->PlaceOrder(Request("k1"), [&](const absl::StatusOr<Placed>&) { answered = true; });
  Run();
  EXPECT_FALSE(answered);
  EXPECT_TRUE(participant.held.empty());
  EXPECT_TRUE(broker.delivered.empty());
  Later(absl::Seconds(1));
  EXPECT_TRUE(answered);
  EXPECT_EQ(participant.held.size(), 1U);
}

TEST_F(EngineTest, ANewOwnerGoesOnWhereTheOldOneStopped) {
  Start(Options());
  const auto placed = Place("k1");
  Answer(Applied{"ch"});
  engine.reset();
  participant.held.clear();
  clock.elapsed += absl::Seconds(6);
  Start(Options());
  ASSERT_EQ(participant.held.size(), 1U);
  EXPECT_EQ(participant.held[0].first.key, placed->id.ToString() + "/inventory/action");
  Answer(Applied{"rs"});
  Answer(Applied{"ms"});
  EXPECT_THAT(EventsOf(placed->id),
              ElementsAre("order.created", "payment.successful", "inventory.successful", "order.completed"));
}

TEST_F(EngineTest, AFencedOwnerChangesNothingAndDropsItsShards) {
  Start(Options());
  const auto placed = Place("k1");
  for (auto& shard : database.shards) ++shard.token;
  Answer(Applied{"ch"});
  EXPECT_EQ(database.sagas.at(placed->id).steps[0].state, StepState::kRunning);
  EXPECT_EQ(engine->stats().shards_fenced, 1);
  EXPECT_EQ(engine->stats().sagas_in_memory, 0);
  EXPECT_EQ(ReasonOf(Place("k1").status()), "SHARD_NOT_OWNED");
}

TEST_F(EngineTest, ACommitInDoubtThatWentThroughIsFoundAgain) {
  Start(Options());
  store.trouble = [](TroubledStore& self, const Turn& turn) {
    self.Apply(turn);
    return CommitResult(InDoubt{});
  };
  EXPECT_EQ(ReasonOf(Place("k1").status()), "TRY_AGAIN");
  ASSERT_EQ(database.sagas.size(), 1U);
  EXPECT_EQ(participant.held.size(), 1U) << "the saga is resumed from the store";
  const auto again = Place("k1");
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(database.sagas.size(), 1U);
}

TEST_F(EngineTest, ACommitInDoubtThatFailedIsSimplyRepeatedByTheCaller) {
  Start(Options());
  store.trouble = [](TroubledStore&, const Turn&) { return CommitResult(InDoubt{}); };
  EXPECT_EQ(ReasonOf(Place("k1").status()), "TRY_AGAIN");
  EXPECT_TRUE(database.sagas.empty());
  EXPECT_TRUE(Place("k1").ok());
}

TEST_F(EngineTest, ABadRowParksItsSagaAndNoOther) {
  Start(Options());
  const auto bad = Place("bad");
  const auto good = Place("good");
  store.trouble = [&](TroubledStore&, const Turn& turn) {
    EXPECT_EQ(turn.writes.size(), 2U);
    return CommitResult(BadRows{{bad->id}, "invalid byte sequence"});
  };
  participant.AnswerNext(Applied{"a"});
  participant.AnswerNext(Applied{"b"});
  Run();
  EXPECT_EQ(database.sagas.at(bad->id).parked, "BAD_ROW");
  EXPECT_EQ(database.sagas.at(good->id).steps[0].state, StepState::kApplied);
}

TEST_F(EngineTest, AnAnswerThatNeverComesIsAskedForAgainByTimer) {
  Start(Options());
  ASSERT_TRUE(Place("k1").ok());
  Answer(OutcomeUnknown{"deadline exceeded", true, std::nullopt});
  EXPECT_TRUE(participant.held.empty());
  Later(absl::Seconds(1));
  ASSERT_EQ(participant.held.size(), 1U);
  EXPECT_EQ(participant.keys[0], participant.keys[1]);
}

TEST_F(EngineTest, ASagaFinishesOnTheVersionItStartedWith) {
  Start(Options());
  const auto old = Place("old");
  engine.reset();
  participant.held.clear();
  clock.elapsed += absl::Seconds(6);
  Definition next = OrderSaga({});
  next.version = 2;
  next.steps.push_back(next.steps[2]);
  next.steps.back().name = "receipt";
  next.steps.back().effect = Effect::kOther;
  const Definitions both({OrderSaga({}), next});
  EngineOptions options = Options();
  engine = std::make_unique<Engine>(options, both, store, store, participant, broker, clock, rng);
  engine->Start(kShards);
  Run();
  const auto fresh = Place("fresh");
  while (!participant.held.empty()) Answer(Applied{"done"});
  EXPECT_TRUE(database.sagas.at(old->id).finished());
  EXPECT_EQ(database.sagas.at(old->id).steps.size(), 3U);
  EXPECT_TRUE(database.sagas.at(fresh->id).finished());
  EXPECT_EQ(participant.keys.back(), fresh->id.ToString() + "/receipt/action");
  engine.reset();
}

TEST_F(EngineTest, TwoReplicasShareTheShardsAndTheOneThatIsLeftTakesAll) {
  Start(Options());
  EngineOptions options = Options();
  options.owner = "two";
  auto second = std::make_unique<Engine>(options, definitions, store, store, participant, broker, clock, rng);
  second->Start(kShards);
  const auto run_both = [&] {
    for (int i = 0; i < 20; ++i) {
      clock.elapsed += absl::Milliseconds(500);
      for (int k = 0; k < 5; ++k) {
        engine->Step(engine->mailbox().DrainNow());
        if (second) second->Step(second->mailbox().DrainNow());
      }
    }
  };
  run_both();
  EXPECT_EQ(engine->stats().shards_owned, kShards / 2);
  EXPECT_EQ(second->stats().shards_owned, kShards / 2);
  second.reset();
  run_both();
  EXPECT_EQ(engine->stats().shards_owned, kShards);
}

TEST_F(EngineTest, EventsWaitForTheBrokerAndKeepTheirOrder) {
  Start(Options());
  broker.up = false;
  const auto placed = Place("k1");
  Answer(Applied{"ch"});
  Answer(Applied{"rs"});
  EXPECT_EQ(database.sagas.at(placed->id).status, Status::kCompleted) << "orders go on";
  broker.up = true;
  Later(absl::Seconds(3));
  EXPECT_THAT(EventsOf(placed->id),
              ElementsAre("order.created", "payment.successful", "inventory.successful", "order.completed"));
}

TEST_F(EngineTest, AtMostOneEventOfAnOrderIsUnconfirmed) {
  Start(Options());
  broker.confirm = false;
  const auto placed = Place("k1");
  Answer(Applied{"ch"});
  EXPECT_THAT(EventsOf(placed->id), ElementsAre("order.created"));
  broker.ConfirmAll();
  Run();
  EXPECT_THAT(EventsOf(placed->id), ElementsAre("order.created", "payment.successful"));
}

TEST_F(EngineTest, UnconfirmedEventsArePublishedAgainByTheNextOwner) {
  Start(Options());
  broker.confirm = false;
  const auto placed = Place("k1");
  engine.reset();
  broker.unconfirmed.clear();
  broker.confirm = true;
  participant.held.clear();
  clock.elapsed += absl::Seconds(6);
  Start(Options());
  EXPECT_EQ(broker.delivered.size(), 2U);
  EXPECT_THAT(EventsOf(placed->id), ElementsAre("order.created"));
}

TEST_F(EngineTest, TheRelayPositionIsSavedEvenWhenNothingElseHappens) {
  Start(Options());
  const auto placed = Place("k1");
  Later(absl::Seconds(3));
  EXPECT_EQ(database.shards[static_cast<std::size_t>(placed->id.shard())].relayed_position, 1);
}

TEST_F(EngineTest, DrainGivesTheShardsBack) {
  Start(Options());
  bool drained = false;
  engine->Drain(absl::Seconds(5), [&] { drained = true; });
  Run();
  EXPECT_TRUE(drained);
  for (const auto& shard : database.shards) EXPECT_LE(shard.lease_until, clock.Now());
}

TEST_F(EngineTest, ALeaseThatRanOutStopsTheEngineUntilItIsTakenAgain) {
  Start(Options());
  ASSERT_TRUE(Place("k1").ok());
  clock.elapsed += absl::Seconds(60);  // frozen
  Run();
  EXPECT_EQ(engine->stats().shards_owned, kShards) << "taken again, with new tokens";
  EXPECT_EQ(participant.held.size(), 2U) << "and the open call is made again";
}

TEST_F(EngineTest, IsReadyWhenItsFirstShardsAreLoadedAndNoLessSoWhileItTakesOthers) {
  store.hold_loads = true;
  Start(Options());
  EXPECT_FALSE(engine->Ready().ok());
  store.LoadAll();
  Run();
  EXPECT_TRUE(engine->Ready().ok());
  clock.elapsed += absl::Seconds(60);  // frozen: all are taken again
  Run();
  EXPECT_EQ(store.loads.size(), static_cast<std::size_t>(kShards));
  EXPECT_TRUE(engine->Ready().ok());
}

}  // namespace
}  // namespace ordersaga::orchestrator

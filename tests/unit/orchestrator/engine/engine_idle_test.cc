// What the engine does with sagas that wait: to start, for their next attempt, for a person; and with full lanes.
#include "tests/unit/orchestrator/engine/engine_fixture.h"

namespace ordersaga::orchestrator {
namespace {

TEST_F(EngineTest, WaitingOrdersAreAllWorkedOffAndTakeNoMemory) {
  EngineOptions options = Options();
  options.max_calls = 3;
  Start(options);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(Place("k" + std::to_string(i)).ok());
  EXPECT_EQ(engine->stats().sagas_waiting, 498);
  EXPECT_EQ(engine->stats().sagas_in_memory, 2);
  while (!participant.held.empty()) {
    Answer(Applied{"done"});
    ASSERT_LE(engine->stats().sagas_in_memory, 8);
  }
  for (const auto& [id, saga] : database.sagas) ASSERT_TRUE(saga.finished());
}

TEST_F(EngineTest, UnderLoadWhatArrivesSoonAfterATurnHasBegunSharesTheNext) {
  EngineOptions options = Options();
  options.turns_apart = absl::Milliseconds(12);
  Start(options);
  for (int i = 0; i < 4; ++i) engine->PlaceOrder(Request("k" + std::to_string(i)), [](const auto&) {});
  Run();
  const int commits = store.commits;
  while (!participant.held.empty()) participant.AnswerNext(Applied{"done"});
  engine->Step(engine->mailbox().DrainNow());
  EXPECT_EQ(engine->Step({}), absl::Milliseconds(12));
  Later(absl::Milliseconds(11));
  EXPECT_EQ(store.commits, commits);
  Later(absl::Milliseconds(1));
  EXPECT_EQ(store.commits, commits + 1);
  EXPECT_EQ(participant.held.size(), 4U);
}

TEST_F(EngineTest, AnOrderAloneNeverWaits) {
  EngineOptions options = Options();
  options.turns_apart = absl::Milliseconds(12);
  Start(options);
  ASSERT_TRUE(Place("k1").ok());
  while (!participant.held.empty()) Answer(Applied{"done"});
  for (const auto& [id, saga] : database.sagas) EXPECT_TRUE(saga.finished());
}

TEST_F(EngineTest, AParticipantThatHangsLeavesRoomForTheOthersAndForRefunds) {
  EngineOptions options = Options();
  options.max_calls = 10;
  Start(options);
  std::deque<std::pair<CallRequest, std::function<void(CallReply)>>> hanging;  // notifications are never answered
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(Place("k" + std::to_string(i)).ok());
    while (!participant.held.empty()) {
      if (participant.held.front().first.participant == "notification") {
        hanging.push_back(std::move(participant.held.front()));
        participant.held.pop_front();
      } else {
        Answer(Applied{"done"});
      }
    }
  }
  EXPECT_EQ(hanging.size(), 8U) << "seven eighths of the 9 that are left to actions";
  for (const auto& [id, saga] : database.sagas) EXPECT_EQ(saga.status, Status::kCompleted);
  while (!hanging.empty()) {
    hanging.front().second(Applied{"sent"});
    hanging.pop_front();
    Run();
    while (!participant.held.empty()) Answer(Applied{"sent"});
  }
  for (const auto& [id, saga] : database.sagas) EXPECT_TRUE(saga.finished());
}

TEST_F(EngineTest, ASagaInBackOffIsNotInMemoryAndCanBeCancelled) {
  Start(Options());
  const auto placed = Place("k1");
  Answer(OutcomeUnknown{"away", true, std::nullopt});
  EXPECT_EQ(engine->stats().sagas_in_memory, 0);
  absl::Status cancelled = absl::UnknownError("no answer");
  engine->CancelOrder(placed->id, {"changed my mind"}, [&](const absl::Status& status) { cancelled = status; });
  Run();
  EXPECT_TRUE(cancelled.ok()) << cancelled;
  EXPECT_EQ(database.sagas.at(placed->id).phase, Phase::kCompensating);
}

TEST_F(EngineTest, ATimerThatFallsDueWhileItsSagaIsReadForSomethingElseIsNotLost) {
  Start(Options());
  const auto placed = Place("k1");
  Answer(Applied{"ch"});
  Answer(Applied{"rs"});
  Answer(OutcomeUnknown{"away", true, std::nullopt});  // telling the customer waits for its next attempt
  const absl::Time due = *database.sagas.at(placed->id).due_at;
  // A cancel that comes too late is answered from the saga as it was read, and leaves it as it is.
  engine->CancelOrder(placed->id, {""}, [](const absl::Status& status) { EXPECT_FALSE(status.ok()); });
  engine->Step(engine->mailbox().DrainNow());
  clock.elapsed += due - clock.Now();
  Run();
  ASSERT_EQ(participant.held.size(), 1U);
  Answer(Applied{"ms"});
  EXPECT_TRUE(database.sagas.at(placed->id).finished());
}

TEST_F(EngineTest, AnUnknownOrderIsNotFound) {
  Start(Options());
  absl::Status cancelled;
  engine->CancelOrder(Uuid::MakeV7(clock.Now(), 1, rng), {""}, [&](const absl::Status& status) { cancelled = status; });
  Run();
  EXPECT_EQ(cancelled.code(), absl::StatusCode::kNotFound);
}

TEST_F(EngineTest, AParkedSagaGoesOnWhenAnOperatorSaysSo) {
  Start(Options());
  const auto placed = Place("k1");
  Answer(Applied{"ch"});
  Answer(Rejected{"OUT_OF_STOCK", "none left"});
  Answer(OutcomeUnknown{"refused", false, std::nullopt});
  EXPECT_EQ(database.sagas.at(placed->id).parked, "COMPENSATION_REFUSED");
  EXPECT_EQ(engine->stats().sagas_parked, 1);
  absl::Status retried = absl::UnknownError("no answer");
  engine->Operate(placed->id, {Verb::kRetry, {"ann", "10.0.0.7", "the provider is back"}},
                  [&](const absl::Status& status) { retried = status; });
  Run();
  EXPECT_TRUE(retried.ok()) << retried;
  ASSERT_EQ(database.operator_log.size(), 1U);
  const LogRow& row = database.operator_log[0];
  EXPECT_EQ(row.by, "ann");
  EXPECT_EQ(row.verb, "retry");
  EXPECT_EQ(row.subject, placed->id.ToString());
  EXPECT_EQ(row.before, "compensating at payment, parked COMPENSATION_REFUSED");
  EXPECT_EQ(row.after, "compensating at payment");
  EXPECT_EQ(row.version, database.sagas.at(placed->id).version);
  EXPECT_EQ(engine->stats().sagas_parked, 0);
  Answer(Undone{true, Money{10000, "USD"}, "rf"});
  EXPECT_EQ(database.sagas.at(placed->id).status, Status::kCancelled);
}

TEST_F(EngineTest, CallsAreBoundedAndTheRestWaitsOldestFirst) {
  EngineOptions options = Options();
  options.max_calls = 3;
  Start(options);
  std::vector<Uuid> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(Place("k" + std::to_string(i))->id);
  EXPECT_EQ(participant.held.size(), 2U);
  EXPECT_EQ(engine->stats().sagas_waiting, 3);
  participant.AnswerNext(Rejected{"NO", "no"});
  Run();
  EXPECT_EQ(engine->stats().sagas_waiting, 2);
  for (std::size_t i = 2; i < ids.size(); ++i) {
    if (database.sagas.at(ids[i]).phase == Phase::kWaiting) continue;
    for (std::size_t older = 2; older < i; ++older) {
      if (ids[older].shard() != ids[i].shard()) continue;
      EXPECT_NE(database.sagas.at(ids[older]).phase, Phase::kWaiting);
    }
  }
}

TEST_F(EngineTest, TooManyWaitingOrdersAreShed) {
  EngineOptions options = Options();
  options.max_calls = 2;
  options.max_waiting = 1;
  Start(options);
  ASSERT_TRUE(Place("k1").ok());
  ASSERT_TRUE(Place("k2").ok());
  const absl::Status shed = Place("k3").status();
  EXPECT_EQ(shed.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(RetryAfterOf(shed).has_value());
}

TEST_F(EngineTest, AClientMayHaveSoManyOrdersOpenAndOthersTheirs) {
  EngineOptions options = Options();
  options.max_open_per_client = 2;
  Start(options);
  const auto place = [&](const std::string& client, const std::string& key) {
    PlaceRequest request = Request(key);
    request.key.client = client;
    absl::StatusOr<Placed> result = absl::UnknownError("no answer");
    engine->PlaceOrder(std::move(request), [&](absl::StatusOr<Placed> placed) { result = placed; });
    Run();
    return result.status();
  };
  EXPECT_TRUE(place("acme", "1").ok());
  EXPECT_TRUE(place("acme", "2").ok());
  EXPECT_EQ(ReasonOf(place("acme", "3")), "TOO_MANY_OPEN_ORDERS");
  EXPECT_TRUE(place("other", "1").ok());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(place("", std::to_string(i)).ok()) << "the shared client is everybody";
  engine.reset();
  participant.held.clear();
  clock.elapsed += absl::Seconds(6);
  Start(options);
  EXPECT_EQ(ReasonOf(place("acme", "3")), "TOO_MANY_OPEN_ORDERS") << "counted anew by whoever has the shards";
  while (!participant.held.empty()) Answer(Rejected{"NO", "no"});
  EXPECT_TRUE(place("acme", "3").ok());
}

TEST_F(EngineTest, OrdersThatWouldTakeTooLongAreShedUntilTheOthersEnd) {
  EngineOptions options = Options();
  options.max_wait = absl::Milliseconds(300);
  Start(options);
  int taken = 0;
  while (Place(std::to_string(taken)).ok()) ++taken;
  EXPECT_EQ(taken, 32) << "nothing is known of the pace, so a handful is taken";
  EXPECT_EQ(engine->stats().orders_refused, 1);
  while (!participant.held.empty()) Answer(Applied{"done"});
  EXPECT_TRUE(Place("later").ok());
}

}  // namespace
}  // namespace ordersaga::orchestrator

// The fourth step in the engine: orders of both versions side by side, and a lane of its own.
#include "tests/loyalty/order_saga.h"
#include "tests/unit/orchestrator/engine/engine_fixture.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;

class LoyaltyEngineTest : public EngineTest {
 protected:
  // As a process of the newer program, on the same database.
  void StartNewer(EngineOptions options) {
    engine.reset();
    participant.held.clear();
    clock.elapsed += absl::Seconds(6);
    engine = std::make_unique<Engine>(options, both, store, store, participant, broker, clock, rng);
    engine->Start(kShards);
    Run();
  }
  void TearDown() override { engine.reset(); }

  const Definitions both = loyalty::SagasWithLoyalty({});
};

TEST_F(LoyaltyEngineTest, OrdersOfBothVersionsEndSideBySide) {
  Start(Options());
  const Uuid old = Place("old")->id;
  StartNewer(Options());
  const Uuid fresh = Place("fresh")->id;
  while (!participant.held.empty()) {
    const bool refuse = participant.held.front().first.key == fresh.ToString() + "/inventory/action";
    const bool undo = participant.held.front().first.compensation;
    Answer(undo     ? CallReply(Undone{.undone = true, .amount = std::nullopt, .evidence = ""})
           : refuse ? CallReply(Rejected{"OUT_OF_STOCK", "not enough"})
                    : CallReply(Applied{"done"}));
  }
  EXPECT_THAT(EventsOf(old),
              ElementsAre("order.created", "payment.successful", "inventory.successful", "order.completed"));
  EXPECT_THAT(EventsOf(fresh), ElementsAre("order.created", "payment.successful", "loyalty.granted", "inventory.failed",
                                           "loyalty.returned", "payment.refunded", "order.cancelled"));
  EXPECT_EQ(database.sagas.at(old).steps.size(), 3U);
  EXPECT_EQ(database.sagas.at(fresh).steps[1].state, StepState::kCompensated);
  EXPECT_TRUE(database.sagas.at(fresh).finished());
}

TEST_F(LoyaltyEngineTest, AnOlderProgramLeavesWhatItDoesNotKnowAlone) {
  StartNewer(Options());
  const Uuid fresh = Place("fresh")->id;
  engine.reset();
  participant.held.clear();
  clock.elapsed += absl::Seconds(6);
  Start(Options());
  EXPECT_TRUE(participant.held.empty());
  absl::Status cancelled;
  engine->CancelOrder(fresh, {"changed my mind"}, [&](absl::Status status) { cancelled = std::move(status); });
  Run();
  EXPECT_EQ(ReasonOf(cancelled), "UNKNOWN_DEFINITION");
  EXPECT_EQ(database.sagas.at(fresh).phase, Phase::kForward);
}

TEST_F(LoyaltyEngineTest, ALoyaltyThatHangsHoldsUpNoneOfTheOlderOrders) {
  EngineOptions options = Options();
  options.max_calls = 10;
  Start(options);
  std::vector<Uuid> old;
  for (int i = 0; i < 3; ++i) old.push_back(Place("old" + std::to_string(i))->id);
  StartNewer(options);
  decltype(participant.held) hanging;
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(Place("fresh" + std::to_string(i)).ok());
    while (!participant.held.empty()) {
      if (participant.held.front().first.participant == "loyalty") {
        hanging.push_back(std::move(participant.held.front()));
        participant.held.pop_front();
      } else {
        Answer(Applied{"done"});
      }
    }
  }
  EXPECT_EQ(hanging.size(), 8U) << "seven eighths of the 9 that are left to actions";
  for (const Uuid& id : old) EXPECT_TRUE(database.sagas.at(id).finished());
  for (; !hanging.empty(); hanging.pop_front()) hanging.front().second(Applied{"granted"});
  Run();
}

}  // namespace
}  // namespace ordersaga::orchestrator

// What a new owner reads.
#include "tests/conformance/owner.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

void Keep(Owner& owner, const SagaWrite& write) {
  if (!std::holds_alternative<Committed>(owner.Commit({write}))) throw std::runtime_error("not committed");
}

std::vector<Uuid> Ids(const SagasRead& read) {
  std::vector<Uuid> ids;
  for (const Saga& saga : read.sagas) ids.push_back(saga.id());
  return ids;
}

TEST_P(StoreTest, EventsAreReadByCursor) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite a = Placed(0, "a");
  const SagaWrite b = Placed(1, "b");
  Keep(owner, a);
  Keep(owner, b);
  Keep(owner, AfterRejected(a.saga));
  const std::vector<OutboxEvent> all = owner.Events(0);
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].routing_key, "order.created");
  EXPECT_EQ(all[1].routing_key, "payment.failed");
  EXPECT_EQ(all[2].routing_key, "order.cancelled");
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].shard, 0);
    EXPECT_EQ(all[i].order_id, a.saga.id());
    EXPECT_EQ(all[i].position, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(all[i].sequence, static_cast<std::int64_t>(i) + 1);
  }
  for (const OutboxEvent& event : all) EXPECT_EQ(event.traceparent, a.saga.order->traceparent);
  EXPECT_EQ(all[0].at, a.saga.updated_at);
  const std::vector<OutboxEvent> middle = owner.Events(0, 1, 1);
  ASSERT_THAT(middle, SizeIs(1));
  EXPECT_EQ(middle[0].position, 2);
  EXPECT_THAT(owner.Events(0, 3), IsEmpty());
  EXPECT_THAT(owner.Events(2), IsEmpty());
}

TEST_P(StoreTest, CommittedTellsTheEventsThatReadingGives) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite a = Placed(0, "a");
  Keep(owner, a);
  const CommitResult result = owner.Commit({Placed(0, "b"), AfterRejected(a.saga)});
  ASSERT_TRUE(std::holds_alternative<Committed>(result));
  const std::vector<OutboxEvent> told = std::get<Committed>(result).events;
  const std::vector<OutboxEvent> read = owner.Events(0, 1);
  ASSERT_EQ(told.size(), read.size());
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].position, read[i].position);
    EXPECT_EQ(told[i].order_id, read[i].order_id);
    EXPECT_EQ(told[i].sequence, read[i].sequence);
    EXPECT_EQ(told[i].traceparent, read[i].traceparent);
    EXPECT_EQ(told[i].routing_key, read[i].routing_key);
    EXPECT_EQ(told[i].body, read[i].body);
    EXPECT_EQ(told[i].at, read[i].at);
  }
}

TEST_P(StoreTest, AShardIsLoadedWithWhatIsOpen) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite at_payment = Placed(0, "payment");
  const SagaWrite waiting = Placed(0, "waiting", false);
  const SagaWrite parked = Placed(0, "parked");
  const SagaWrite parked_waiting = Placed(0, "parked too", false);
  const SagaWrite backing_off = Placed(0, "back-off");
  const SagaWrite compensating = Placed(0, "compensating");
  const SagaWrite finished = Placed(0, "finished");
  const SagaWrite elsewhere = Placed(1, "elsewhere");
  for (const auto& write :
       {at_payment, waiting, parked, parked_waiting, backing_off, compensating, finished, elsewhere}) {
    Keep(owner, write);
  }
  const auto silence = [](const Saga& saga) {
    return After(saga, ActionReplied{saga.step, 1, OutcomeUnknown{"silence", true, std::nullopt}});
  };
  const SagaWrite due = silence(backing_off.saga);
  Keep(owner, due);
  const SagaWrite at_inventory = AfterApplied(compensating.saga);
  Keep(owner, at_inventory);
  Keep(owner, AfterRejected(at_inventory.saga));
  const SagaWrite declined = AfterRejected(finished.saga);
  Keep(owner, declined);
  Keep(owner, AfterApplied(declined.saga));
  Keep(owner, After(parked.saga, FaultFound{"TESTED"}));
  Keep(owner, After(parked_waiting.saga, FaultFound{"TESTED"}));

  const ShardContents contents = owner.Load(0);
  EXPECT_EQ(contents.shard, 0);
  EXPECT_EQ(contents.waiting, 1);
  EXPECT_EQ(contents.parked, 2);
  ASSERT_THAT(contents.clients, SizeIs(1));
  EXPECT_EQ(contents.clients[0].client, "acme");
  EXPECT_EQ(contents.clients[0].orders, 6) << "PENDING, whatever they wait for";
  EXPECT_EQ(contents.relayed_position, 0);
  EXPECT_EQ(contents.next_position, static_cast<std::int64_t>(owner.Events(0).size()) + 1);
  ASSERT_THAT(contents.open, SizeIs(3));
  EXPECT_EQ(contents.open[0].id, at_payment.saga.id()) << "oldest first";
  EXPECT_EQ(contents.open[0].definition_version, TestDefinition().version);
  EXPECT_EQ(contents.open[0].due_at, std::nullopt);
  EXPECT_EQ(contents.open[1].id, backing_off.saga.id());
  EXPECT_EQ(contents.open[1].due_at, due.saga.due_at);
  EXPECT_FALSE(contents.open[1].compensating);
  EXPECT_EQ(contents.open[2].id, compensating.saga.id());
  EXPECT_TRUE(contents.open[2].compensating);
  EXPECT_EQ(contents.open[2].step, 0U);
}

TEST_P(StoreTest, SagasAreReadById) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite a = Placed(0, "a");
  const SagaWrite b = Placed(1, "b");
  const SagaWrite never = Placed(0, "never");
  Keep(owner, a);
  Keep(owner, b);
  const SagasRead read = owner.Read({b.saga.id(), never.saga.id(), a.saga.id()});
  EXPECT_THAT(Ids(read), UnorderedElementsAre(a.saga.id(), b.saga.id()));
  EXPECT_THAT(read.unreadable, IsEmpty());
  EXPECT_THAT(owner.Read({}).sagas, IsEmpty());
}

TEST_P(StoreTest, TheOldestWaitingSagasAreReadFirst) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  std::vector<SagaWrite> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(Placed(0, "k" + std::to_string(i), false));
  for (const int i : {3, 1, 0, 2}) Keep(owner, waiting[static_cast<std::size_t>(i)]);
  Keep(owner, Placed(0, "started"));
  Keep(owner, Placed(1, "elsewhere", false));
  Keep(owner, After(waiting[1].saga, FaultFound{"TESTED"}));
  const auto read = [&](int limit) {
    Answer<absl::StatusOr<SagasRead>> answer;
    owner.sagas().ReadWaiting(0, limit, answer.Taker());
    return Ids(answer.Get().value());
  };
  EXPECT_THAT(read(2), ElementsAre(waiting[0].saga.id(), waiting[2].saga.id()));
  EXPECT_THAT(read(10), ElementsAre(waiting[0].saga.id(), waiting[2].saga.id(), waiting[3].saga.id()));
  Keep(owner, After(waiting[0].saga, Admitted{}));
  EXPECT_THAT(read(1), ElementsAre(waiting[2].saga.id()));
}

TEST_P(StoreTest, ShardsAreReadWithTokenAndTurn) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  Keep(owner, Placed(1, "a"));
  Keep(owner, Placed(1, "b"));
  const std::vector<ShardRow> rows = owner.Rows({1, 3});
  ASSERT_THAT(rows, SizeIs(2));
  for (const ShardRow& row : rows) {
    EXPECT_EQ(row.token, 1);
    EXPECT_EQ(row.turn, row.shard == 1 ? 2 : 0);
  }
}

}  // namespace
}  // namespace ordersaga::orchestrator

// A row that cannot be stored is named, and takes nothing down with it.
#include "tests/conformance/owner.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const std::string kNul("a\0b", 3);
const std::string kNotUtf8 = "caf\xe9";

// Commits `bad` among sound writes; expects exactly it to be named, nothing to be written, and the rest to be storable.
void ExpectNamed(World& world, const std::function<void(SagaWrite&)>& spoil, bool create) {
  Owner owner(world, "a");
  owner.Take(kShards);
  const std::vector<SagaWrite> placed = {Placed(0, "k1"), Placed(0, "k2"), Placed(1, "k3")};
  ASSERT_TRUE(std::holds_alternative<Committed>(owner.Commit(placed)));
  SagaWrite bad = create ? Placed(0, "bad") : AfterApplied(placed[1].saga);
  spoil(bad);
  const std::vector<SagaWrite> sound = {AfterApplied(placed[0].saga), Placed(0, "new"), AfterApplied(placed[2].saga)};
  const CommitResult result = owner.Commit({sound[0], bad, sound[1], sound[2]});
  ASSERT_TRUE(std::holds_alternative<BadRows>(result));
  EXPECT_THAT(std::get<BadRows>(result).sagas, ElementsAre(bad.saga.id()));
  EXPECT_FALSE(std::get<BadRows>(result).error.empty());
  ExpectSame(owner.ReadOne(placed[0].saga.id()), placed[0].saga);
  ExpectSame(owner.ReadOne(placed[1].saga.id()), placed[1].saga);
  EXPECT_THAT(owner.Read({sound[1].saga.id()}).sagas, IsEmpty());
  EXPECT_THAT(owner.Events(0), SizeIs(2));

  std::vector<ParkWrite> parks;
  if (!create) parks.push_back({bad.saga.id(), "BAD_ROW"});
  ASSERT_TRUE(std::holds_alternative<Committed>(owner.Commit(sound, parks)));
  if (!create) {
    EXPECT_EQ(owner.ReadOne(bad.saga.id()).parked, "BAD_ROW");
  }
}

TEST_P(StoreTest, NulInAReasonIsABadRow) {
  ExpectNamed(
      world(), [](SagaWrite& write) { write.saga.reason = kNul; }, false);
}
TEST_P(StoreTest, InvalidUtf8InAReasonIsABadRow) {
  ExpectNamed(
      world(), [](SagaWrite& write) { write.saga.reason = kNotUtf8; }, false);
}
TEST_P(StoreTest, NulInAMessageIsABadRow) {
  ExpectNamed(
      world(), [](SagaWrite& write) { write.saga.message = kNul; }, false);
}
TEST_P(StoreTest, InvalidUtf8InAStepsErrorIsABadRow) {
  ExpectNamed(
      world(), [](SagaWrite& write) { write.saga.steps[0].last_error = kNotUtf8; }, false);
}
TEST_P(StoreTest, NulInAStepsEvidenceIsABadRow) {
  ExpectNamed(
      world(), [](SagaWrite& write) { write.saga.steps[0].evidence = kNul; }, false);
}
TEST_P(StoreTest, InvalidUtf8InTheJournalIsABadRow) {
  ExpectNamed(
      world(), [](SagaWrite& write) { write.journal[0].detail = kNotUtf8; }, false);
}
TEST_P(StoreTest, NulInAKeyIsABadRow) {
  ExpectNamed(
      world(), [](SagaWrite& write) { write.create->key = kNul; }, true);
}
TEST_P(StoreTest, InvalidUtf8InAnOrderIsABadRow) {
  const auto spoil = [](SagaWrite& write) {
    auto order = std::make_shared<Order>(*write.saga.order);
    order->user_email = kNotUtf8;
    write.saga.order = std::move(order);
  };
  ExpectNamed(world(), spoil, true);
}

TEST_P(StoreTest, ANewOrderWithAnIdThatIsTakenIsABadRow) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  const SagaWrite first = Placed(0, "k");
  ASSERT_TRUE(std::holds_alternative<Committed>(owner.Commit({first})));
  SagaWrite again = first;
  again.create->key = "another key";
  const CommitResult result = owner.Commit({again, Placed(0, "sound")});
  ASSERT_TRUE(std::holds_alternative<BadRows>(result));
  EXPECT_THAT(std::get<BadRows>(result).sagas, ElementsAre(first.saga.id()));
  EXPECT_THAT(owner.Events(0), SizeIs(1));
}

TEST_P(StoreTest, EveryBadRowOfATurnIsNamed) {
  Owner owner(world(), "a");
  owner.Take(kShards);
  std::vector<SagaWrite> writes;
  for (int i = 0; i < 9; ++i) writes.push_back(Placed(i % 2, "k" + std::to_string(i)));
  writes[1].saga.reason = kNul;
  writes[6].saga.message = kNotUtf8;
  const CommitResult result = owner.Commit(writes);
  ASSERT_TRUE(std::holds_alternative<BadRows>(result));
  EXPECT_THAT(std::get<BadRows>(result).sagas, UnorderedElementsAre(writes[1].saga.id(), writes[6].saga.id()));
  EXPECT_THAT(owner.Events(0), IsEmpty());
}

}  // namespace
}  // namespace ordersaga::orchestrator

#include "tests/conformance/owner.h"

#include <fmt/format.h>

#include <set>

#include "orchestrator/core/decide.h"
#include "orchestrator/core/order_saga.h"
#include "platform/base/rng.h"

namespace ordersaga::orchestrator {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

class Counter final : public Rng {
 public:
  std::uint64_t Next() override { return ++count_; }

 private:
  std::uint64_t count_ = 0;
};

template <typename T>
T Value(absl::StatusOr<T> answer) {
  if (!answer.ok()) throw std::runtime_error(answer.status().ToString());
  return *std::move(answer);
}

}  // namespace

LeaseRequest Owner::Request() const {
  LeaseRequest request;
  request.owner = name_;
  request.address = name_ + ":50050";
  request.lease = kLease;
  return request;
}

LeaseReply Owner::Lease(LeaseRequest request) {
  Answer<absl::StatusOr<LeaseReply>> answer;
  shards().Lease(std::move(request), answer.Taker());
  return Value(answer.Get());
}

std::vector<ShardLease> Owner::Take(int count) {
  LeaseRequest request = Request();
  request.take = count;
  const LeaseReply reply = Lease(std::move(request));
  for (const ShardLease& lease : reply.taken) {
    known_[lease.shard].token = lease.token;
    Load(lease.shard);
  }
  return reply.taken;
}

ShardContents Owner::Load(int shard) {
  Answer<absl::StatusOr<ShardContents>> answer;
  sagas().LoadShard(shard, answer.Taker());
  ShardContents contents = Value(answer.Get());
  ShardTurn& known = known_[shard];
  known.shard = shard;
  known.next_position = contents.next_position;
  known.relayed_position = contents.relayed_position;
  return contents;
}

Turn Owner::MakeTurn(std::vector<SagaWrite> writes, std::vector<ParkWrite> parks, std::vector<int> more) {
  std::set<int> touched(more.begin(), more.end());
  for (const SagaWrite& write : writes) touched.insert(write.saga.id().shard());
  for (const ParkWrite& park : parks) touched.insert(park.id.shard());
  Turn turn;
  for (const int shard : touched) {
    ++known_[shard].turn;
    turn.shards.push_back(known_[shard]);
  }
  turn.writes = std::move(writes);
  turn.parks = std::move(parks);
  return turn;
}

CommitResult Owner::Commit(Turn turn) {
  Answer<CommitResult> answer;
  sagas().Commit(std::move(turn), answer.Taker());
  CommitResult result = answer.Get();
  if (const auto* committed = std::get_if<Committed>(&result)) Heard(*committed);
  return result;
}

CommitResult Owner::Commit(std::vector<SagaWrite> writes, std::vector<ParkWrite> parks) {
  return Commit(MakeTurn(std::move(writes), std::move(parks)));
}

void Owner::Heard(const Committed& committed) {
  for (const OutboxEvent& event : committed.events) known_[event.shard].next_position = event.position + 1;
}

std::vector<OutboxEvent> Owner::Events(int shard, std::int64_t after, int limit) {
  Answer<absl::StatusOr<std::vector<OutboxEvent>>> answer;
  sagas().ReadEvents(shard, after, limit, answer.Taker());
  return Value(answer.Get());
}

std::vector<OutboxEvent> Owner::Held(int shard, std::int64_t after, int limit) {
  Answer<absl::StatusOr<std::vector<OutboxEvent>>> answer;
  sagas().ReadHeld(shard, after, limit, answer.Taker());
  return Value(answer.Get());
}

SagasRead Owner::Read(std::vector<Uuid> ids) {
  Answer<absl::StatusOr<SagasRead>> answer;
  sagas().ReadSagas(std::move(ids), answer.Taker());
  return Value(answer.Get());
}

Saga Owner::ReadOne(const Uuid& id) {
  SagasRead read = Read({id});
  if (read.sagas.size() != 1) throw std::runtime_error("there is no such saga");
  return std::move(read.sagas[0]);
}

std::vector<ShardRow> Owner::Rows(std::vector<int> shards) {
  Answer<absl::StatusOr<std::vector<ShardRow>>> answer;
  sagas().ReadShards(std::move(shards), answer.Taker());
  return Value(answer.Get());
}

const Definition& TestDefinition() {
  static const Definition definition = OrderSaga({});
  return definition;
}

SagaWrite Placed(int shard, const std::string& key, bool start) {
  static Counter counter;
  static int made = 0;
  const absl::Time now = kStart + absl::Milliseconds(++made);
  auto order = std::make_shared<Order>();
  order->id = Uuid::MakeV7(now, shard, counter);
  order->lines = {{"product-001", 2, {5000, "USD"}}, {"product-\"{,}\\", 1, {1, "USD"}}};
  order->user_email = "ann@example.com";
  order->client = "acme";
  order->total = {10001, "USD"};
  order->created_at = now;
  order->traceparent = fmt::format("00-{:032x}-b7ad6b7169203331-01", made);
  Decision decision = DecideNew(TestDefinition(), {std::move(order), start}, now);
  OrderKey order_key{"acme", key, "fingerprint of " + key};
  return {std::move(decision.next), std::move(order_key), std::move(decision.journal), std::move(decision.events)};
}

SagaWrite After(const Saga& saga, const Event& event) {
  const absl::Time now = saga.updated_at + absl::Seconds(1);
  absl::StatusOr<Decision> decision = Decide(TestDefinition(), saga, event, now, 0.5);
  if (!decision.ok() || !decision->changed) throw std::runtime_error("the test's event changes nothing");
  return {std::move(decision->next), std::nullopt, std::move(decision->journal), std::move(decision->events)};
}

SagaWrite AfterApplied(const Saga& saga) {
  return After(saga, ActionReplied{saga.step, saga.steps[saga.step].action_attempts, Applied{"id-1"}});
}

SagaWrite AfterRejected(const Saga& saga) {
  return After(saga, ActionReplied{saga.step, saga.steps[saga.step].action_attempts, Rejected{"NO", "in \"words\""}});
}

std::vector<std::int64_t> Positions(const std::vector<OutboxEvent>& events) {
  std::vector<std::int64_t> positions;
  for (const OutboxEvent& event : events) positions.push_back(event.position);
  return positions;
}

void ExpectSame(const Saga& left, const Saga& right) {
  EXPECT_EQ(*left.order, *right.order);
  EXPECT_EQ(left.definition_version, right.definition_version);
  EXPECT_EQ(left.phase, right.phase);
  EXPECT_EQ(left.step, right.step);
  EXPECT_EQ(left.steps, right.steps);
  EXPECT_EQ(left.status, right.status);
  EXPECT_EQ(left.ending, right.ending);
  EXPECT_EQ(left.reason, right.reason);
  EXPECT_EQ(left.message, right.message);
  EXPECT_EQ(left.refunded, right.refunded);
  EXPECT_EQ(left.due_at, right.due_at);
  EXPECT_EQ(left.deadline_at, right.deadline_at);
  EXPECT_EQ(left.stop, right.stop);
  EXPECT_EQ(left.paused_at, right.paused_at);
  EXPECT_EQ(left.settled, right.settled);
  EXPECT_EQ(left.settlement, right.settlement);
  EXPECT_EQ(left.parked, right.parked);
  EXPECT_EQ(left.version, right.version);
  EXPECT_EQ(left.event_sequence, right.event_sequence);
  EXPECT_EQ(left.updated_at, right.updated_at);
  EXPECT_EQ(left.finished_at, right.finished_at);
}

}  // namespace ordersaga::orchestrator

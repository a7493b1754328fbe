// WatchOrder over a real server, with a reader that has what the test puts into it.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "orchestrator/api/watch_call.h"
#include "ordersaga/order/v1/order.grpc.pb.h"
#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Uuid IdOf(std::uint8_t n) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[15] = n;
  return Uuid(bytes);
}

class FakeReader final : public SagaReader {
 public:
  void Place(std::uint8_t n) {
    absl::MutexLock lock(&mu_);
    Saga saga;
    auto order = std::make_shared<Order>();
    order->id = IdOf(n);
    order->lines = {{"a", 1, {100, "USD"}}};
    order->total = {100, "USD"};
    saga.order = order;
    sagas_.emplace(IdOf(n), SagaWithJournal{saga, {}});
    AddLocked(n, Phase::kForward);
  }
  void Add(std::uint8_t n, Phase phase) {
    absl::MutexLock lock(&mu_);
    AddLocked(n, phase);
  }
  // Waits for a query about this many orders.
  bool AwaitQuery(std::size_t orders) {
    absl::MutexLock lock(&mu_);
    const auto asked = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return last_query_ == orders; };
    return mu_.AwaitWithTimeout(absl::Condition(&asked), absl::Seconds(10));
  }

  void Get(Uuid id, Done<Saga> done) override {
    GetWithJournal(id, [done](const absl::StatusOr<SagaWithJournal>& stored) {
      if (!stored.ok()) return done(stored.status());
      done(stored->saga);
    });
  }
  void GetWithJournal(Uuid id, Done<SagaWithJournal> done) override {
    absl::StatusOr<SagaWithJournal> stored = MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "no such order");
    {
      absl::MutexLock lock(&mu_);
      if (const auto found = sagas_.find(id); found != sagas_.end()) stored = found->second;
    }
    done(std::move(stored));
  }
  void List(SagaFilter /*filter*/, Done<std::vector<Saga>> done) override { done(std::vector<Saga>()); }
  void Count(SagaCount /*count*/, Done<std::vector<SagaGroup>> done) override { done(std::vector<SagaGroup>()); }
  void ReadJournal(std::vector<JournalPosition> positions, Done<std::vector<JournalRecord>> done) override {
    std::vector<JournalRecord> records;
    {
      absl::MutexLock lock(&mu_);
      last_query_ = positions.size();
      for (const JournalPosition& position : positions) {
        for (const JournalEntry& entry : sagas_.at(position.id).journal) {
          if (entry.sequence > position.after) records.push_back({position.id, entry});
        }
      }
    }
    done(std::move(records));
  }

 private:
  void AddLocked(std::uint8_t n, Phase phase) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    SagaWithJournal& stored = sagas_.at(IdOf(n));
    Saga& saga = stored.saga;
    saga.phase = phase;
    if (phase == Phase::kNotifying || phase == Phase::kFinished) saga.status = Status::kCompleted;
    stored.journal.push_back({++saga.version, absl::UnixEpoch(), "event", "secret detail", phase});
  }

  absl::Mutex mu_;
  std::map<Uuid, SagaWithJournal> sagas_ ABSL_GUARDED_BY(mu_);
  std::size_t last_query_ ABSL_GUARDED_BY(mu_) = 0;
};

class WatchOnly final : public order::v1::OrderService::CallbackService {
 public:
  WatchOnly(SagaReader& reader, OrderWatcher& watcher) : reader_(reader), watcher_(watcher) {}
  grpc::ServerWriteReactor<order::v1::WatchOrderResponse>* WatchOrder(
      grpc::CallbackServerContext* /*context*/, const order::v1::WatchOrderRequest* request) override {
    return StartWatchCall(*request, {{access::Principal::Kind::kLocal}, nullptr}, reader_, watcher_);
  }

 private:
  SagaReader& reader_;
  OrderWatcher& watcher_;
};

class WatchTest : public ::testing::Test {
 protected:
  WatchTest() {
    EXPECT_TRUE(watcher.Start().ok());
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    server = builder.BuildAndStart();
    stub = order::v1::OrderService::NewStub(
        grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  }
  ~WatchTest() override {
    watcher.Drain();
    server->Shutdown();
    watcher.Stop();
  }

  struct Call {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<order::v1::WatchOrderResponse>> reader;
    std::vector<std::int64_t> sequences;
    bool ended = false;

    bool Read() {
      order::v1::WatchOrderResponse response;
      if (!reader->Read(&response)) return false;
      for (const auto& entry : response.journal()) sequences.push_back(entry.sequence());
      ended = ended || response.has_order();
      return true;
    }
    grpc::Status ReadAll() {
      while (Read()) {
      }
      return reader->Finish();
    }
  };
  std::unique_ptr<Call> Watch(std::uint8_t n, std::int64_t after = 0) {
    auto call = std::make_unique<Call>();
    order::v1::WatchOrderRequest request;
    request.set_order_id(IdOf(n).ToString());
    request.set_after_sequence(after);
    call->reader = stub->WatchOrder(&call->context, request);
    return call;
  }

  SystemClock clock;
  FakeReader reader;
  OrderWatcher watcher{reader, absl::Milliseconds(5), clock};
  WatchOnly service{reader, watcher};
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<order::v1::OrderService::Stub> stub;
};

TEST_F(WatchTest, TellsEverythingOnceUpToTheOutcome) {
  reader.Place(1);
  const auto call = Watch(1);
  ASSERT_TRUE(call->Read());
  EXPECT_THAT(call->sequences, ElementsAre(1));
  reader.Add(1, Phase::kForward);
  ASSERT_TRUE(call->Read());
  reader.Add(1, Phase::kNotifying);
  reader.Add(1, Phase::kFinished);
  EXPECT_TRUE(call->ReadAll().ok());
  EXPECT_THAT(call->sequences, ElementsAre(1, 2, 3)) << "what follows the outcome is not told";
  EXPECT_TRUE(call->ended);
}

TEST_F(WatchTest, AnOrderThatHasEndedIsToldAtOnce) {
  reader.Place(1);
  reader.Add(1, Phase::kNotifying);
  reader.Add(1, Phase::kFinished);
  const auto whole = Watch(1);
  EXPECT_TRUE(whole->ReadAll().ok());
  EXPECT_THAT(whole->sequences, ElementsAre(1, 2));
  const auto rest = Watch(1, 2);
  EXPECT_TRUE(rest->ReadAll().ok());
  EXPECT_THAT(rest->sequences, IsEmpty());
  EXPECT_TRUE(rest->ended);
}

TEST_F(WatchTest, TheFirstMessageComesAtOnceEvenIfThereIsNothingNew) {
  reader.Place(1);
  const auto call = Watch(1, 1);
  ASSERT_TRUE(call->Read());
  EXPECT_THAT(call->sequences, IsEmpty());
}

TEST_F(WatchTest, APositionAheadOfTheOrderMissesNothing) {
  reader.Place(1);
  const auto call = Watch(1, 99);
  ASSERT_TRUE(call->Read());
  reader.Add(1, Phase::kNotifying);
  EXPECT_TRUE(call->ReadAll().ok());
  EXPECT_THAT(call->sequences, ElementsAre(2));
}

TEST_F(WatchTest, UnknownOrdersAreNotFound) {
  EXPECT_EQ(Watch(7)->ReadAll().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(WatchTest, OneQueryServesAllAndAsksOnlyForThoseWatched) {
  reader.Place(1);
  reader.Place(2);
  const auto first = Watch(1);
  const auto again = Watch(1);
  const auto other = Watch(2);
  for (Call* call : {first.get(), again.get(), other.get()}) ASSERT_TRUE(call->Read());
  EXPECT_TRUE(reader.AwaitQuery(2));
  other->context.TryCancel();
  EXPECT_EQ(other->ReadAll().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(reader.AwaitQuery(1)) << "nobody watches the other order any more";
  reader.Add(1, Phase::kNotifying);
  for (Call* call : {first.get(), again.get()}) {
    EXPECT_TRUE(call->ReadAll().ok());
    EXPECT_THAT(call->sequences, ElementsAre(1, 2));
  }
}

TEST_F(WatchTest, ADrainSendsWatchersAway) {
  reader.Place(1);
  const auto call = Watch(1);
  ASSERT_TRUE(call->Read());
  ASSERT_TRUE(reader.AwaitQuery(1));
  watcher.Drain();
  EXPECT_EQ(call->ReadAll().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(Watch(1)->ReadAll().error_code(), grpc::StatusCode::UNAVAILABLE) << "also those that come later";
}

// One that never asks by itself again after its first query.
class CommittedTest : public ::testing::Test {
 protected:
  CommittedTest() {
    EXPECT_TRUE(watcher.Start().ok());
    reader.Place(1);
    watcher.Watch({IdOf(1), 1}, [this](const absl::StatusOr<std::vector<JournalEntry>>& entries) {
      absl::MutexLock lock(&mu);
      if (!entries.ok()) return;
      for (const JournalEntry& entry : *entries) sequences.push_back(entry.sequence);
    });
    EXPECT_TRUE(reader.AwaitQuery(1));
  }
  ~CommittedTest() override {
    watcher.Drain();
    watcher.Stop();
  }
  bool AwaitSequences(std::size_t count) {
    absl::MutexLock lock(&mu);
    const auto there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu) { return sequences.size() == count; };
    return mu.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(10));
  }
  static JournalEntry Entry(std::int64_t sequence) {
    return {sequence, absl::UnixEpoch(), "event", "", Phase::kForward};
  }

  SystemClock clock;
  FakeReader reader;
  absl::Mutex mu;
  std::vector<std::int64_t> sequences ABSL_GUARDED_BY(mu);
  OrderWatcher watcher{reader, absl::Hours(1), clock};
};

TEST_F(CommittedTest, IsToldAtOnceAndOnce) {
  watcher.Committed(IdOf(1), {Entry(2), Entry(3)});
  watcher.Committed(IdOf(1), {Entry(3)});
  watcher.Committed(IdOf(2), {Entry(4)});
  watcher.Committed(IdOf(1), {Entry(4)});
  absl::MutexLock lock(&mu);
  EXPECT_THAT(sequences, ElementsAre(2, 3, 4));
}

TEST_F(CommittedTest, AHoleBringsTheNextQueryForward) {
  reader.Add(1, Phase::kForward);
  reader.Add(1, Phase::kForward);
  watcher.Committed(IdOf(1), {Entry(3)});
  ASSERT_TRUE(AwaitSequences(2));
  absl::MutexLock lock(&mu);
  EXPECT_THAT(sequences, ElementsAre(2, 3));
}

}  // namespace
}  // namespace ordersaga::orchestrator

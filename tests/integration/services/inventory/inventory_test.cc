// Reservations and restocks against PostgreSQL.
#include <random>

#include "services/inventory/store/restocks.h"
#include "services/inventory/store/schema.h"
#include "services/inventory/store/stock_effects.h"
#include "tests/integration/platform/participant/calls.h"
#include "tests/integration/platform/participant/test_database.h"

namespace ordersaga::inventory {
namespace {

using participant::Outcome;
using participant::Participant;

class InventoryTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!TestDatabase::there()) GTEST_SKIP() << "TEST_DATABASE_URL is not set";
    database_.emplace(InventoryMigrations());
    reservations_ = Start(stock_, 256);
  }

  std::unique_ptr<Participant> Start(StockEffects& stock, std::size_t turn_size) {
    auto reservations = std::make_unique<Participant>(
        "inventory", participant::TurnLoopOptions{.session = database_->options(), .max_turn = turn_size}, clock_,
        stock);
    EXPECT_TRUE(reservations->Start().ok());
    return reservations;
  }
  static Outcome Reserve(Participant& reservations, const std::string& key, const std::vector<Line>& lines) {
    return Act(reservations, Action(key), EncodeLines(lines));
  }
  Outcome Reserve(const std::string& key, const std::vector<Line>& lines) {
    return Reserve(*reservations_, key, lines);
  }
  static Outcome Release(Participant& reservations, const std::string& key) {
    return Compensate(reservations, Compensation(key));
  }
  Outcome Release(const std::string& key) { return Release(*reservations_, key); }
  absl::StatusOr<RestockVerdict> Arrive(Restock restock) {
    pg::Session session(database_->options());
    absl::StatusOr<RestockVerdict> verdict = RestockVerdict::kDone;
    const absl::Status status = session.Run([&](pg::Tx& tx) {
      verdict = restocks_.Do(tx, restock);
      return verdict.status();
    });
    if (!status.ok() && verdict.ok()) return status;
    return verdict;
  }
  int Stock(const std::string& item_id) {
    return std::stoi(database_->Ask("SELECT stock FROM products WHERE item_id = '" + item_id + "'"));
  }

  // 1,000 reservations of one product, all asked for at once; how long they took.
  struct Run {
    absl::Duration took;
    std::int64_t transactions = 0;
  };
  Run ReserveThousand(std::size_t turn_size, const std::string& prefix) {
    StockEffects stock;
    const std::unique_ptr<Participant> reservations = Start(stock, turn_size);
    Reserve(*reservations, prefix + "warm-up", {{"product-selftest", 1}});
    const std::int64_t turns = reservations->loop().turns();
    const absl::Duration start = clock_.Monotonic();
    std::vector<std::future<bool>> answers;
    for (int i = 0; i < 1000; ++i) {
      auto promise = std::make_shared<std::promise<bool>>();
      answers.push_back(promise->get_future());
      participant::ActionRequest action = Action(prefix + std::to_string(i));
      SetBody(action, EncodeLines({{"product-selftest", 1}}));
      reservations->Act(action, absl::InfiniteFuture(), [promise](const Outcome& outcome) {
        promise->set_value(outcome.status.ok() && outcome.action.applied);
      });
    }
    for (std::future<bool>& answer : answers) EXPECT_TRUE(answer.get());
    return {clock_.Monotonic() - start, reservations->loop().turns() - turns};
  }

  SystemClock clock_;
  std::optional<TestDatabase> database_;
  StockEffects stock_;
  const Restocks restocks_{};
  std::unique_ptr<Participant> reservations_;
};

TEST_F(InventoryTest, FiftyThreadsWithOneKeyTakeOnce) {
  const auto outcomes = AskAtOnce(50, [this] { return Reserve("key", {{"product-001", 2}}); });
  for (const Outcome& outcome : outcomes) {
    ASSERT_TRUE(outcome.status.ok()) << outcome.status.ToString();
    EXPECT_EQ(outcome.action, outcomes.front().action);
  }
  EXPECT_TRUE(outcomes.front().action.applied);
  EXPECT_EQ(Stock("product-001"), 98);
}

TEST_F(InventoryTest, SeveralLinesAreTakenTogetherOrNotAtAll) {
  EXPECT_TRUE(Reserve("all", {{"product-001", 1}, {"product-002", 2}, {"product-003", 3}}).action.applied);
  EXPECT_EQ(Reserve("one short", {{"product-001", 1}, {"product-002", 9999}}).action.reason, "OUT_OF_STOCK");
  EXPECT_EQ(Reserve("one unknown", {{"product-001", 1}, {"no-such", 1}}).action.reason, "UNKNOWN_PRODUCT");
  EXPECT_EQ(Stock("product-001"), 99);
  EXPECT_EQ(Stock("product-002"), 498);
  EXPECT_EQ(Stock("product-003"), 297);
  EXPECT_TRUE(Release("all").undone);
  EXPECT_FALSE(Release("one short").undone);
  EXPECT_EQ(Stock("product-001"), 100);
  EXPECT_EQ(Stock("product-002"), 500);
}

TEST_F(InventoryTest, LinesThatNameAProductTwiceAreAddedUp) {
  EXPECT_EQ(Reserve("too many", {{"product-001", 60}, {"product-001", 41}}).action.reason, "OUT_OF_STOCK");
  EXPECT_TRUE(Reserve("just so", {{"product-001", 60}, {"product-001", 40}}).action.applied);
  EXPECT_EQ(Stock("product-001"), 0);
  EXPECT_TRUE(Release("just so").undone);
  EXPECT_EQ(Stock("product-001"), 100);
}

TEST_F(InventoryTest, WhatIsLeftIsSoldAndNotOneMore) {
  std::atomic<int> numbers{0};
  const auto outcomes = AskAtOnce(40, [&] {
    return Reserve("key-" + std::to_string(++numbers), {{"product-001", 7}});
  });
  EXPECT_EQ(std::count_if(outcomes.begin(), outcomes.end(), [](auto& o) { return o.action.applied; }), 14);
  EXPECT_EQ(Stock("product-001"), 2);
}

TEST_F(InventoryTest, ARestockCountsOncePerKeyAndIsAudited) {
  const Restock delivery{"delivery-1", "product-001", 50, "ann", "weekly delivery", 0, {}};
  EXPECT_EQ(*Arrive(delivery), RestockVerdict::kDone);
  EXPECT_EQ(*Arrive(delivery), RestockVerdict::kDone);
  EXPECT_EQ(Stock("product-001"), 150);
  Restock other = delivery;
  other.quantity = 51;
  EXPECT_TRUE(absl::IsFailedPrecondition(Arrive(other).status()));
  EXPECT_EQ(*Arrive({"delivery-2", "no-such", 1, "ann", "why", 0, {}}), RestockVerdict::kUnknownProduct);
  EXPECT_EQ(database_->Ask("SELECT restocked_by || ': ' || reason || ', ' || stock_after FROM restocks"),
            "ann: weekly delivery, 150");
  EXPECT_EQ(database_->Ask("SELECT initial_stock + restocked - stock FROM products WHERE item_id = 'product-001'"),
            "0");
}

TEST_F(InventoryTest, TwentyThreadsWithOneKeyRestockOnce) {
  const auto verdicts = AskAtOnce(20, [this] {
    const auto verdict = Arrive({"delivery", "product-001", 5, "ann", "delivery", 0, {}});
    return verdict.ok() && *verdict == RestockVerdict::kDone ? 1 : 0;
  });
  EXPECT_EQ(std::count(verdicts.begin(), verdicts.end(), 1), 20);
  EXPECT_EQ(Stock("product-001"), 105);
}

TEST_F(InventoryTest, AProductThatWasDeletedByHandLosesNoStockSilently) {
  ASSERT_TRUE(Reserve("key", {{"product-003", 1}}).action.applied);
  database_->Do("DELETE FROM products WHERE item_id = 'product-003'");
  EXPECT_FALSE(Release("key").status.ok());
  EXPECT_EQ(database_->Ask("SELECT state FROM effects WHERE action_key = 'key'"), "applied");
}

// Two processes, products in any order, releases, restocks and cut connections: no deadlock stays, nothing goes
// missing.
TEST_F(InventoryTest, RandomInterleavingsKeepTheStock) {
  StockEffects stock;
  const std::unique_ptr<Participant> other = Start(stock, 256);
  std::atomic<bool> ended{false};
  std::thread saboteur([&] {
    std::mt19937 random(5);
    int deliveries = 0;
    while (!ended) {
      if (random() % 3 == 0) database_->CutConnections();
      const auto verdict = Arrive({"delivery-" + std::to_string(++deliveries), "product-001", 1, "ann", "test", 0, {}});
      if (!verdict.ok()) --deliveries;
    }
  });
  const std::vector<std::string> products = {"product-001", "product-002", "product-003", "no-such"};
  std::atomic<unsigned> seeds{1};
  AskAtOnce(16, [&] {
    std::mt19937 random(++seeds);
    for (int i = 0; i < 40; ++i) {
      const unsigned number = random() % 60;
      Participant& reservations = random() % 2 == 0 ? *reservations_ : *other;
      const std::string key = "key-" + std::to_string(number);
      if (random() % 3 == 0) {
        Release(reservations, key);
      } else {
        const std::size_t last = number % 8 == 0 ? 4 : 3;
        Reserve(reservations, key,
                {{products[(number + 1) % last], number % 5 + 1}, {products[number % last], number % 3 + 1}});
      }
    }
    return 0;
  });
  ended = true;
  saboteur.join();
  EXPECT_EQ(database_->Ask(R"(
SELECT count(*) FROM products WHERE stock < 0 OR stock <> initial_stock + restocked - coalesce((
  SELECT sum((line->>'quantity')::bigint) FROM effects, jsonb_array_elements(effects.request::jsonb) AS line
  WHERE effects.state = 'applied' AND line->>'item_id' = products.item_id), 0))"),
            "0");
  EXPECT_EQ(database_->Ask("SELECT sum(quantity) = (SELECT restocked FROM products WHERE item_id = 'product-001') "
                           "FROM restocks"),
            "t");
}

// The hot row: the same thousand reservations of one product, in turns and one by one.
TEST_F(InventoryTest, AThousandReservationsOfOneProductCostFewTransactions) {
  const Run one_by_one = ReserveThousand(1, "one-");
  const Run turns = ReserveThousand(256, "turn-");
  const double faster = absl::FDivDuration(one_by_one.took, turns.took);
  std::printf(
      "1,000 reservations of one product: one by one %lld transactions, %lld ms; in turns %lld, %lld ms: %.1fx\n",
      static_cast<long long>(one_by_one.transactions),
      static_cast<long long>(absl::ToInt64Milliseconds(one_by_one.took)), static_cast<long long>(turns.transactions),
      static_cast<long long>(absl::ToInt64Milliseconds(turns.took)), faster);
  RecordProperty("one_by_one_ms", std::to_string(absl::ToInt64Milliseconds(one_by_one.took)));
  RecordProperty("turns_ms", std::to_string(absl::ToInt64Milliseconds(turns.took)));
  EXPECT_EQ(one_by_one.transactions, 1000);
  EXPECT_LE(turns.transactions, 200);
  EXPECT_GE(faster, 5.0);
  EXPECT_EQ(Stock("product-selftest"), 1'000'000 - 2002);
}

}  // namespace
}  // namespace ordersaga::inventory

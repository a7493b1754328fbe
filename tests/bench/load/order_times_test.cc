#include "tests/bench/load/order_times.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/bench/load/record.h"

namespace ordersaga::bench {
namespace {

using std::chrono::milliseconds;

TEST(PercentilesTest, NamesTheValueThatSoManyDoNotExceed) {
  std::vector<double> values(1000);
  std::iota(values.rbegin(), values.rend(), 0.0);
  const boost::json::object found = Percentiles(values);
  EXPECT_EQ(found.at("p50").as_double(), 500);
  EXPECT_EQ(found.at("p99").as_double(), 990);
  EXPECT_EQ(found.at("p999").as_double(), 999);
  EXPECT_EQ(found.at("max").as_double(), 999);
  EXPECT_EQ(Percentiles({}).at("p99").as_double(), 0);
}

TEST(TimelineTest, CountsEachThingInTheSecondInWhichItHappened) {
  const Moment began{};
  Timeline timeline(began);
  OrderTimes order;
  order.intended = began + milliseconds(900);
  order.answered = began + milliseconds(1100);
  order.ended = began + milliseconds(2400);
  order.completed = true;
  timeline.Add(order);
  timeline.Add(Refusal{.intended = began + milliseconds(10), .busy = true});
  EXPECT_EQ(boost::json::serialize(timeline.ToJson()),
            R"({"offered":[2,0,0],"accepted":[0,1,0],"refused":[1,0,0],"ended":[0,0,1],)"
            R"("p50_ms":[0E0,0E0,1.5E3],"p99_ms":[0E0,0E0,1.5E3]})");
}

boost::json::object Told(const Record& record) {
  const Moment now = std::chrono::steady_clock::now();
  return boost::json::parse(record.ToJson(1, now - milliseconds(500), now - milliseconds(500), now)).as_object();
}

TEST(RecordTest, AnOrderHasEndedOnceItsAnswerAndItsLastEventAreThereInEitherOrder) {
  Record record;
  const Moment now = std::chrono::steady_clock::now();
  EXPECT_FALSE(record.Event("early", "order.created", 1));
  EXPECT_TRUE(record.Event("early", "order.completed", 2));
  EXPECT_FALSE(record.Event("early", "order.completed", 2));  // again
  record.Answered(now, 202, "early");
  EXPECT_TRUE(record.AllEnded());
  record.Answered(now, 200, "late");
  EXPECT_FALSE(record.AllEnded());
  EXPECT_TRUE(record.Event("late", "order.cancelled", 1));
  EXPECT_TRUE(record.AllEnded());
  const boost::json::object told = Told(record);
  EXPECT_EQ(told.at("completed").as_int64(), 1);
  EXPECT_EQ(told.at("cancelled").as_int64(), 1);
  EXPECT_EQ(told.at("repeated_events").as_int64(), 1);
  EXPECT_EQ(told.at("holes").as_int64(), 0);
}

TEST(RecordTest, AHoleCountsOnlyInAnOrderThatWasAccepted) {
  Record record;
  record.Event("ours", "order.created", 1);
  record.Event("ours", "order.completed", 4);
  record.Event("another run's", "order.completed", 4);
  record.Answered(std::chrono::steady_clock::now(), 202, "ours");
  EXPECT_EQ(Told(record).at("holes").as_int64(), 1);
}

TEST(RecordTest, TellsRefusalsFromFailures) {
  Record record;
  const Moment now = std::chrono::steady_clock::now();
  record.Answered(now, 503, "");
  record.Answered(now, 0, "");
  record.Answered(now, 500, "");
  const boost::json::object told = Told(record);
  EXPECT_EQ(told.at("busy").as_int64(), 1);
  EXPECT_EQ(told.at("failed").as_int64(), 2);
  EXPECT_EQ(told.at("accepted").as_int64(), 0);
}

}  // namespace
}  // namespace ordersaga::bench

#include "orchestrator/core/endings.h"

#include <gtest/gtest.h>

#include "orchestrator/core/order_saga.h"

namespace ordersaga::orchestrator {
namespace {

// What is stored or published under a name keeps it for ever: this list may only grow.
TEST(EndingsTest, AreNeverRenamed) {
  const Definition saga = OrderSaga({});
  const std::vector<std::pair<std::string, Ending>> all = {
      {"completed", Ending::kCompleted},
      {"payment_rejected", {Ending::kRejected, 0}},
      {"payment_unknown", {Ending::kUnknown, 0}},
      {"inventory_rejected", {Ending::kRejected, 1}},
      {"inventory_unknown", {Ending::kUnknown, 1}},
      {"cancelled_by_customer", Ending::kCancelledByCustomer},
      {"deadline_exceeded", Ending::kDeadlineExceeded},
  };
  for (const auto& [name, ending] : all) {
    EXPECT_EQ(NameOf(ending, saga), name);
    EXPECT_EQ(ParseEnding(name, saga), ending) << name;
  }
  for (const char* name : {"", "payment", "payment_applied", "shipping_rejected"}) {
    EXPECT_EQ(ParseEnding(name, saga), std::nullopt) << name;
  }
}

TEST(EndingsTest, EachCallsForALetter) {
  const Definition saga = OrderSaga({});
  const Money none{0, "USD"};
  const Money some{10000, "USD"};
  EXPECT_EQ(NoticeFor(saga, Ending::kCompleted, none), NoticeKind::kCompleted);
  EXPECT_EQ(NoticeFor(saga, {Ending::kRejected, 0}, none), NoticeKind::kPaymentFailed);
  EXPECT_EQ(NoticeFor(saga, {Ending::kUnknown, 0}, none), NoticeKind::kPaymentFailed);
  EXPECT_EQ(NoticeFor(saga, {Ending::kUnknown, 0}, some), NoticeKind::kRefunded);
  EXPECT_EQ(NoticeFor(saga, {Ending::kRejected, 1}, some), NoticeKind::kRefunded);
  EXPECT_EQ(NoticeFor(saga, {Ending::kUnknown, 1}, some), NoticeKind::kRefunded);
  EXPECT_EQ(NoticeFor(saga, Ending::kCancelledByCustomer, none), NoticeKind::kCancelled);
  EXPECT_EQ(NoticeFor(saga, Ending::kDeadlineExceeded, some), NoticeKind::kCancelled);
}

}  // namespace
}  // namespace ordersaga::orchestrator

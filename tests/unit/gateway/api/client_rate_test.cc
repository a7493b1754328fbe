#include "gateway/api/client_rate.h"

#include <gtest/gtest.h>

namespace ordersaga::gateway {
namespace {

int AllowedAt(ClientRate& rate, const std::string& client, absl::Duration now, int requests) {
  int allowed = 0;
  for (int i = 0; i < requests; ++i) allowed += rate.Take(client, now).allowed ? 1 : 0;
  return allowed;
}

TEST(ClientRate, AllowsABurstOfTwoSecondsThenItsRate) {
  ClientRate rate(10);
  EXPECT_EQ(AllowedAt(rate, "acme", absl::Seconds(1), 100), 20);
  EXPECT_EQ(AllowedAt(rate, "acme", absl::Seconds(1), 100), 0);
  EXPECT_EQ(AllowedAt(rate, "acme", absl::Seconds(1.5), 100), 5);
  EXPECT_EQ(AllowedAt(rate, "acme", absl::Seconds(1000), 100), 20) << "no more is saved";
}

TEST(ClientRate, OneClientTakesNothingFromAnother) {
  ClientRate rate(1);
  EXPECT_EQ(AllowedAt(rate, "acme", absl::Seconds(1), 10), 2);
  EXPECT_EQ(AllowedAt(rate, "other", absl::Seconds(1), 10), 2);
}

TEST(ClientRate, SaysWhenToComeBackAndWhatIsLeft) {
  ClientRate rate(2);
  const auto first = rate.Take("acme", absl::Seconds(1));
  EXPECT_EQ(first.left, 3);
  EXPECT_EQ(rate.Headers(first).at(1).second, R"("client";r=3;t=0)");
  AllowedAt(rate, "acme", absl::Seconds(1), 3);
  const auto refused = rate.Take("acme", absl::Seconds(1));
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.retry_after, absl::Milliseconds(500));
  EXPECT_EQ(rate.Headers(refused).at(0).second, R"("client";q=4;w=2)");
}

TEST(ClientRate, WithoutALimitThereIsNone) {
  ClientRate rate(0);
  EXPECT_EQ(AllowedAt(rate, "acme", absl::Seconds(1), 10'000), 10'000);
  EXPECT_TRUE(rate.Headers(rate.Take("acme", absl::Seconds(1))).empty());
}

TEST(ClientRate, ManyClientsTakeBoundedMemory) {
  ClientRate rate(1);
  for (int i = 0; i < 30'000; ++i) EXPECT_TRUE(rate.Take(std::to_string(i), absl::Seconds(i)).allowed);
}

}  // namespace
}  // namespace ordersaga::gateway

#include "platform/http/places.h"

#include <gtest/gtest.h>

#include <memory>

namespace ordersaga::http {
namespace {

class PlacesTest : public ::testing::Test {
 protected:
  // A connection that waits for its first request.
  std::unique_ptr<Place> Idle(const std::string& address, std::string* left, char name) {
    auto place = std::make_unique<Place>(places, address);
    if (place->entry() == Entry::kAdmitted) place->BeginIdle([left, name] { left->push_back(name); });
    return place;
  }

  Places places{3, 2};
  std::string left;
};

TEST_F(PlacesTest, RunShortInAllAndPerAddress) {
  const Place a(places, "1");
  const Place b(places, "1");
  EXPECT_EQ(Place(places, "1").entry(), Entry::kAddressFull);
  const Place c(places, "2");
  EXPECT_EQ(Place(places, "2").entry(), Entry::kFull);
  EXPECT_EQ(places.taken(), 3) << "who is refused takes none";
}

TEST_F(PlacesTest, TheLongestIdleGoesFirstAndTheBusyNever) {
  const Place busy(places, "1");
  const auto a = Idle("2", &left, 'a');
  const auto b = Idle("1", &left, 'b');
  EXPECT_EQ(Place(places, "3").entry(), Entry::kAdmitted);
  EXPECT_EQ(left, "a");
  EXPECT_FALSE(a->taken());
  EXPECT_EQ(Place(places, "1").entry(), Entry::kAdmitted) << "its neighbour's place, though there was another";
  EXPECT_EQ(left, "ab");
  EXPECT_TRUE(busy.taken());
}

TEST_F(PlacesTest, WhoIsBusyAgainStays) {
  const auto a = Idle("1", &left, 'a');
  const auto b = Idle("1", &left, 'b');
  EXPECT_TRUE(a->EndIdle());
  const Place newcomer(places, "1");
  EXPECT_EQ(newcomer.entry(), Entry::kAdmitted);
  EXPECT_EQ(left, "b");
  EXPECT_FALSE(b->EndIdle());
  b->TakeBack();
  EXPECT_EQ(places.taken(), 3);
  EXPECT_EQ(Place(places, "1").entry(), Entry::kAddressFull);
}

TEST_F(PlacesTest, WhoGoesLeavesNothingBehind) {
  { const auto a = Idle("1", &left, 'a'); }
  const Place b(places, "1");
  const Place c(places, "1");
  EXPECT_EQ(Place(places, "1").entry(), Entry::kAddressFull);
  EXPECT_EQ(left, "");
  EXPECT_EQ(places.taken(), 2);
}

}  // namespace
}  // namespace ordersaga::http

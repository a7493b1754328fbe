#include "platform/base/traceparent.h"

#include <gtest/gtest.h>

namespace ordersaga {
namespace {

// Has bits in both halves of a word, and a zero for the first.
class SteppingRng final : public Rng {
 public:
  std::uint64_t Next() override { return 0x1000000000000002U * count_++; }

 private:
  std::uint64_t count_ = 0;
};

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kSpan = "b7ad6b7169203331";
const std::string kValid = "00-" + kTrace + "-" + kSpan + "-01";

TEST(TraceparentTest, IsReadAndWrittenAsItWas) {
  const auto read = ParseTraceparent(kValid);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->trace, kTrace);
  EXPECT_EQ(read->span, kSpan);
  EXPECT_EQ(read->flags, "01");
  EXPECT_EQ(read->ToString(), kValid);
}

TEST(TraceparentTest, ALaterVersionIsReadAsTheFirst) {
  for (const std::string& later : {"01" + kValid.substr(2), "cc" + kValid.substr(2) + "-more"}) {
    const auto read = ParseTraceparent(later);
    ASSERT_TRUE(read.has_value()) << later;
    EXPECT_EQ(read->ToString(), kValid);
  }
}

TEST(TraceparentTest, WhatIsNotValidIsNone) {
  const std::string no_trace = std::string(32, '0');
  const std::string no_span = std::string(16, '0');
  for (const std::string& bad :
       {std::string(), std::string("nonsense"), kValid + "-x", kValid + " ", kValid.substr(0, 54),
        "ff" + kValid.substr(2), "0g" + kValid.substr(2), "cc" + kValid.substr(2) + "x",
        "00-" + no_trace + "-" + kSpan + "-01", "00-" + kTrace + "-" + no_span + "-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" + kSpan + "-01", "00-" + kTrace + "-B7AD6B7169203331-01",
        "00-" + kTrace + "-" + kSpan + "-0G", "00_" + kTrace + "-" + kSpan + "-01",
        "00-" + kTrace + "_" + kSpan + "-01", "00-" + kTrace + "-" + kSpan + "_01", std::string(55, '\0')}) {
    EXPECT_FALSE(ParseTraceparent(bad).has_value()) << bad;
  }
}

TEST(TraceparentTest, ANewTraceIsValidAndAnotherEachTime) {
  SteppingRng rng;
  const Traceparent first = NewTrace(rng);
  const Traceparent second = NewTrace(rng);
  EXPECT_EQ(ParseTraceparent(first.ToString()), first);
  EXPECT_EQ(ParseTraceparent(second.ToString()), second);
  EXPECT_NE(first.trace, second.trace);
}

TEST(TraceparentTest, ANewSpanStaysInItsTrace) {
  SteppingRng rng;
  const Traceparent parent{kTrace, kSpan, "00"};
  const Traceparent span = NewSpan(parent, rng);
  EXPECT_EQ(ParseTraceparent(span.ToString()), span);
  EXPECT_EQ(span.trace, kTrace);
  EXPECT_EQ(span.flags, "00");
  EXPECT_NE(span.span, kSpan);
}

}  // namespace
}  // namespace ordersaga

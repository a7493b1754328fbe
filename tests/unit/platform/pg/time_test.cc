#include "platform/pg/time.h"

#include <gtest/gtest.h>

namespace ordersaga::pg {
namespace {

absl::Time At(const char* rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error)) << error;
  return time;
}

TEST(PgTime, ReadsWhatPostgresPrints) {
  EXPECT_EQ(FromPg("2026-11-23 09:00:00.123456+00"), At("2026-11-23T09:00:00.123456Z"));
  EXPECT_EQ(FromPg("2026-11-23 09:00:00.1+00"), At("2026-11-23T09:00:00.1Z"));
  EXPECT_EQ(FromPg("2026-11-23 09:00:00.000007+00"), At("2026-11-23T09:00:00.000007Z"));
  EXPECT_EQ(FromPg("2024-02-29 23:59:59+00"), At("2024-02-29T23:59:59Z"));
  EXPECT_EQ(FromPg("1969-12-31 23:59:59.5+00"), At("1969-12-31T23:59:59.5Z"));
  EXPECT_EQ(FromPg("0001-01-01 00:00:00+00"), At("0001-01-01T00:00:00Z"));
}

TEST(PgTime, AnythingElseIsTheInfinitePast) {
  for (const char* text :
       {"", "infinity", "-infinity", "now", "2026-11-23", "2026-11-23 09:00:00", "2026-11-23 09:00:00+01",
        "2026-11-23 09:00:00.+00", "2026-11-23 09:00:00.1234567+00", "2026-11-23 09:00:00+00 BC",
        "2026-11-23T09:00:00+00", "2026--1-23 09:00:00+00", " 2026-11-23 09:00:00+00"}) {
    EXPECT_EQ(FromPg(text), absl::InfinitePast()) << text;
  }
}

}  // namespace
}  // namespace ordersaga::pg

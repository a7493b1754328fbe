#include "gateway/api/headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/base/error.h"

namespace ordersaga::gateway {
namespace {

class CountingRng final : public Rng {
 public:
  std::uint64_t Next() override { return ++count_; }

 private:
  std::uint64_t count_ = 0;
};

http::Request With(const std::string& name, const std::string& value) {
  http::Request request;
  request.request_id = "id-1";
  request.headers[name] = value;
  return request;
}

absl::StatusOr<std::optional<std::string>> Key(const std::string& value) {
  return IdempotencyKey(With("idempotency-key", value));
}

TEST(IdempotencyKeyTest, QuotedOrBare) {
  EXPECT_EQ(**Key("abc"), "abc");
  EXPECT_EQ(**Key("\"abc\""), "abc");
  EXPECT_EQ(**Key("a\"b"), "a\"b");
  EXPECT_EQ(Key(std::string(255, 'k'))->value().size(), 255U);
  EXPECT_FALSE(IdempotencyKey(http::Request())->has_value());
}

TEST(IdempotencyKeyTest, RefusesWhatCannotBeKept) {
  for (const std::string& bad : {std::string(), std::string("\"\""), std::string(256, 'k'), std::string("a\tb"),
                                 std::string("caf\xc3\xa9"), std::string(1, '\0')}) {
    EXPECT_EQ(ReasonOf(Key(bad).status()), "INVALID_REQUEST") << bad;
  }
}

TEST(PreferredWaitTest, ReadsTheOnePreferenceItKnows) {
  const auto wait = [](const std::string& value) { return PreferredWait(With("prefer", value), absl::Seconds(60)); };
  EXPECT_EQ(wait("wait=5"), absl::Seconds(5));
  EXPECT_EQ(wait("respond-async, wait = 10; x=y"), absl::Seconds(10));
  EXPECT_EQ(wait("wait=600"), absl::Seconds(60));
  EXPECT_EQ(wait("wait=99999999999999"), absl::Seconds(60));
  for (const char* none :
       {"", "wait", "wait=", "wait=-1", "wait=-99999999999999", "wait=0", "wait=1s", "waiting=5", ",;=", "=5"}) {
    EXPECT_EQ(wait(none), absl::ZeroDuration()) << none;
  }
  EXPECT_EQ(PreferredWait(http::Request(), absl::Seconds(60)), absl::ZeroDuration());
}

TEST(EntityTagTest, NamesAVersion) {
  EXPECT_EQ(EntityTag(7), "\"7\"");
  for (const char* tags : {"\"7\"", "W/\"7\"", "\"6\", \"7\"", "*", " \"7\" "})
    EXPECT_TRUE(NamesVersion(tags, 7)) << tags;
  for (const char* tags : {"", "7", "\"8\"", "\"77\"", "W/", ","}) EXPECT_FALSE(NamesVersion(tags, 7)) << tags;
}

std::string Of(const Trace& trace, const std::string& name) {
  for (const auto& [key, value] : trace.metadata) {
    if (key == name) return value;
  }
  return "";
}

constexpr char kParent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceTest, IsContinuedWithASpanOfItsOwn) {
  CountingRng rng;
  http::Request request = With("traceparent", kParent);
  request.headers["tracestate"] = "vendor=1";
  const Trace trace = TraceOf(request, rng);
  EXPECT_EQ(trace.id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(Of(trace, "traceparent").substr(0, 36), std::string(kParent).substr(0, 36));
  EXPECT_NE(Of(trace, "traceparent"), kParent);
  EXPECT_EQ(Of(trace, "traceparent").size(), 55U);
  EXPECT_EQ(Of(trace, "tracestate"), "vendor=1");
  EXPECT_EQ(Of(trace, "x-request-id"), "id-1");
}

TEST(TraceTest, BeginsWhereNoneCameOrWhatCameIsNone) {
  CountingRng rng;
  const std::string parent = kParent;
  const std::string zeros = "00-" + std::string(32, '0') + parent.substr(35);
  for (const std::string& bad : {std::string(), std::string("nonsense"), parent + "-x", "ff" + parent.substr(2), zeros,
                                 parent.substr(0, 54), "00-0AF7651916CD43DD8448EB211C80319C" + parent.substr(35)}) {
    http::Request request = With("traceparent", bad);
    request.headers["tracestate"] = "vendor=1";
    const Trace trace = TraceOf(request, rng);
    EXPECT_NE(trace.id, parent.substr(3, 32)) << bad;
    EXPECT_EQ(trace.id.size(), 32U);
    EXPECT_EQ(Of(trace, "traceparent").substr(3, 32), trace.id);
    EXPECT_EQ(Of(trace, "tracestate"), "") << "it belongs to the other trace";
  }
  EXPECT_EQ(TraceOf(With("traceparent", "01" + parent.substr(2) + "-more"), rng).id, parent.substr(3, 32));
}

}  // namespace
}  // namespace ordersaga::gateway

#include "platform/runtime/address.h"

#include <gtest/gtest.h>

#include "platform/base/error.h"

namespace ordersaga {
namespace {

TEST(Address, OneOfEachKind) {
  const auto addresses = ParseAddresses("127.0.0.1:50050, orders.internal:50060,[::1]:50070");
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  EXPECT_EQ(*addresses, (std::vector<Address>{
                            {"127.0.0.1", 50050, false}, {"orders.internal", 50060, true}, {"::1", 50070, false}}));
}

TEST(Address, WhatIsNoneIsNamed) {
  for (const char* text : {"", "host", "host:", ":50050", "host:0", "host:65536", "host:5x", "::1:50050", "[::1]",
                           "[name]:50050", "[]:50050", "a b:50050", "dns:///a:50050", "a:1,", "a:1,,b:2"}) {
    EXPECT_EQ(ParseAddresses(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_NE(MessageOf(ParseAddresses("127.0.0.1:50050,b").status()).find("'b' is no address"), std::string::npos);
}

TEST(Address, AreWrittenAsTheyAreRead) {
  EXPECT_EQ(HostPort("127.0.0.1", 50050), "127.0.0.1:50050");
  EXPECT_EQ(HostPort("::1", 50050), "[::1]:50050");
}

}  // namespace
}  // namespace ordersaga

#include "platform/access/api_key.h"

#include <gtest/gtest.h>

#include <set>

namespace ordersaga::access {
namespace {

TEST(ApiKey, IsReadAsItIsWritten) {
  const ApiKey key = NewApiKey();
  EXPECT_EQ(key.text().size(), 81U);
  EXPECT_EQ(ParseApiKey(key.text()), key);
  EXPECT_EQ(key.hash().size(), 64U);
  EXPECT_NE(key.hash(), key.secret);
}

TEST(ApiKey, AnythingElseIsNone) {
  const std::string good = NewApiKey().text();
  std::string upper = good;
  upper.back() = 'A';
  std::string bare = good;
  bare[16] = '0';
  for (const std::string& text : {std::string(), std::string("osk_"), good.substr(1), good + "0", upper, bare,
                                  "Bearer " + good, std::string(1 << 20, 'a'), good.substr(0, 80) + '\0'}) {
    EXPECT_EQ(ParseApiKey(text), std::nullopt) << text.substr(0, 100);
  }
}

TEST(ApiKey, NoTwoAreTheSame) {
  std::set<std::string> texts;
  for (int i = 0; i < 1000; ++i) texts.insert(NewApiKey().text());
  EXPECT_EQ(texts.size(), 1000U);
}

TEST(ApiKey, ASecondSecretKeepsTheId) {
  const ApiKey key = NewApiKey();
  const ApiKey other = NewSecret(key.id);
  EXPECT_EQ(other.id, key.id);
  EXPECT_NE(other.hash(), key.hash());
}

}  // namespace
}  // namespace ordersaga::access

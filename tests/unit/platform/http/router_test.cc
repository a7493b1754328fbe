#include "platform/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ordersaga::http {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

Router MakeRouter() {
  Router router;
  const auto nothing = [](const Request&, const Respond&) {};
  router.Add("GET", "/orders", nothing);
  router.Add("POST", "/orders", nothing);
  router.Add("GET", "/orders/{id}", nothing);
  router.Add("POST", "/orders/{id}/cancel", nothing);
  return router;
}

TEST(RouterTest, FindsByMethodAndPath) {
  const Router router = MakeRouter();
  EXPECT_NE(router.Find("GET", "/orders").handler, nullptr);
  EXPECT_NE(router.Find("GET", "/orders").handler, router.Find("POST", "/orders").handler);
  EXPECT_EQ(router.Find("POST", "/orders/7/cancel").pattern, "/orders/{id}/cancel");
  EXPECT_EQ(router.Find("HEAD", "/orders").handler, router.Find("GET", "/orders").handler);
}

TEST(RouterTest, VariablesAreDecodedAndNeverEmpty) {
  const Router router = MakeRouter();
  EXPECT_THAT(router.Find("GET", "/orders/a%2Fb").params, ElementsAre(Pair("id", "a/b")));
  EXPECT_EQ(router.Find("GET", "/orders/").handler, nullptr);
  EXPECT_EQ(router.Find("GET", "/orders/%zz").handler, nullptr);
  EXPECT_EQ(router.Find("GET", "/orders/a/b").handler, nullptr);
}

TEST(RouterTest, SaysWhichMethodsAPathHas) {
  const Router router = MakeRouter();
  const Router::Match wrong = router.Find("DELETE", "/orders");
  EXPECT_EQ(wrong.handler, nullptr);
  EXPECT_THAT(wrong.allowed, UnorderedElementsAre("GET", "HEAD", "POST"));
  EXPECT_TRUE(router.Find("GET", "/nope").allowed.empty());
  EXPECT_TRUE(router.Find("GET", "").allowed.empty());
}

TEST(UnescapeTest, TakesOnlyWholeEscapes) {
  EXPECT_EQ(Unescape("%41+b", true), "A b");
  EXPECT_EQ(Unescape("%41+b", false), "A+b");
  EXPECT_EQ(Unescape("%00", false), std::string(1, '\0'));
  for (const char* broken : {"%", "%4", "%4g", "a%"}) EXPECT_EQ(Unescape(broken, false), std::nullopt) << broken;
}

TEST(ParseQueryTest, TakesWhatBrowsersSend) {
  EXPECT_THAT(*ParseQuery("a=1&b=%202&&c&d=x=y"),
              UnorderedElementsAre(Pair("a", "1"), Pair("b", " 2"), Pair("c", ""), Pair("d", "x=y")));
  EXPECT_THAT(*ParseQuery(""), UnorderedElementsAre());
  EXPECT_EQ(ParseQuery("a=%"), std::nullopt);
}

}  // namespace
}  // namespace ordersaga::http

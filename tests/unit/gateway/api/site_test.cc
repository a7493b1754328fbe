// Whose pages may use the gateway, and under which names it answers.
#include "gateway/api/site.h"

#include <gtest/gtest.h>

#include "platform/base/error.h"

namespace ordersaga::gateway {
namespace {

// The reason, or nothing if it may.
std::string Refusal(const std::string& host, const std::string& origin = "") {
  http::Request request;
  if (!host.empty()) request.headers["host"] = host;
  if (!origin.empty()) request.headers["origin"] = origin;
  return ReasonOf(CheckSite(request, {"shop.example"}));
}

TEST(Site, AnswersAsLocalhostAnAddressOrANameOfItsOwn) {
  for (const char* host : {"", "localhost", "LocalHost:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]", "10.0.0.7",
                           "shop.example", "Shop.Example:443"}) {
    EXPECT_EQ(Refusal(host), "") << host;
  }
  for (const char* host : {"evil.example", "localhost.evil.example", "shop.example.evil:80", "[evil", "::1:", " "}) {
    EXPECT_EQ(Refusal(host), "HOST_NOT_ALLOWED") << host;
  }
}

TEST(Site, APageMustBeItsOwn) {
  EXPECT_EQ(Refusal("localhost:8080", "http://localhost:8080"), "");
  EXPECT_EQ(Refusal("shop.example", "https://shop.example"), "");
  for (const char* origin :
       {"null", "http://localhost", "http://localhost:3000", "https://evil.example", "localhost:8080"}) {
    EXPECT_EQ(Refusal("localhost:8080", origin), "FOREIGN_ORIGIN") << origin;
  }
}

TEST(Site, TheErrorSaysWhatToSet) {
  http::Request request;
  request.headers["host"] = "gateway";
  EXPECT_EQ(MessageOf(CheckSite(request, {})),
            "this gateway does not answer as gateway; ALLOWED_HOSTS=gateway would let it");
}

}  // namespace
}  // namespace ordersaga::gateway

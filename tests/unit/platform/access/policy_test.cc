// Who may call what: the rule by itself, and the table of all of ours.
#include "platform/access/policy.h"

#include <gtest/gtest.h>

#include "platform/base/error.h"

namespace ordersaga::access {
namespace {

using Kind = Principal::Kind;

const Rule kCharge{"PaymentService/Charge", {"orchestrator"}};
const Rule kPlace{"OrderService/PlaceOrder", {"gateway"}, {Scope::kOrdersWrite, Scope::kAdmin}};

Principal Key(Scopes scopes) {
  return {Kind::kKey, "3f2a", "acme", scopes};
}

TEST(Judge, TheLocalOneMayEverything) {
  EXPECT_TRUE(Judge(kCharge, {Kind::kLocal, "ann"}).ok());
}

TEST(Judge, AProgramMayWhatNamesIt) {
  EXPECT_TRUE(Judge(kCharge, {Kind::kProgram, "orchestrator"}).ok());
  const absl::Status refused = Judge(kCharge, {Kind::kProgram, "gateway"});
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(MessageOf(refused), "gateway may not call PaymentService/Charge");
}

TEST(Judge, OneScopeIsEnoughAndNoneIsNot) {
  EXPECT_TRUE(Judge(kPlace, Key({Scope::kOrdersWrite})).ok());
  EXPECT_TRUE(Judge(kPlace, Key({Scope::kOrdersRead, Scope::kAdmin})).ok());
  const absl::Status refused = Judge(kPlace, Key({Scope::kOrdersRead}));
  EXPECT_EQ(ReasonOf(refused), "FORBIDDEN");
  EXPECT_EQ(MessageOf(refused), "this key lacks a scope; one of these would do: orders:write, admin");
  EXPECT_EQ(MessageOf(Judge(kCharge, Key({Scope::kAdmin}))), "key 3f2a of acme may not call PaymentService/Charge");
}

TEST(Judge, WhoShowsNothingIsAskedWhoHeIs) {
  EXPECT_EQ(Judge(kPlace, {}).code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(ReasonOf(Judge(kPlace, {})), "UNAUTHENTICATED");
}

TEST(Scopes, ByName) {
  const auto scopes = ParseScopes({"orders:read", "operate"});
  ASSERT_TRUE(scopes.ok());
  EXPECT_EQ(*scopes, (Scopes{Scope::kOperate, Scope::kOrdersRead}));
  EXPECT_EQ(scopes->Names(), (std::vector<std::string>{"orders:read", "operate"}));
  for (const std::vector<std::string>& bad : {std::vector<std::string>{}, {"orders"}, {"operate", ""}}) {
    EXPECT_EQ(ViolationsOf(ParseScopes(bad).status()).at(0).field, "scopes");
  }
}

TEST(PrincipalText, SaysWhoAndWhetherItIsProved) {
  EXPECT_EQ(Signature({}), "anonymous");
  EXPECT_EQ(Signature({Kind::kLocal, "ann"}), "local (ann)");
  EXPECT_EQ(Signature({Kind::kLocal}), "local");
  EXPECT_EQ(Signature({Kind::kProgram, "gateway"}), "gateway");
  EXPECT_EQ(Signature(Key({})), "key 3f2a of acme");
}

TEST(Reads, ItsOwnClientsOrdersOrAll) {
  EXPECT_TRUE(Reads({Kind::kLocal}, "acme"));
  EXPECT_TRUE(Reads(Key({Scope::kOrdersRead}), "acme"));
  EXPECT_FALSE(Reads(Key({Scope::kOrdersRead}), "other"));
  EXPECT_FALSE(Reads(Key({Scope::kOrdersRead}), ""));
  EXPECT_TRUE(Reads(Key({Scope::kOrdersReadAll}), "other"));
  EXPECT_TRUE(Reads({Kind::kProgram, "gateway"}, "")) << "what a client without a key placed through the gateway";
  EXPECT_FALSE(Reads({Kind::kProgram, "gateway"}, "acme"));
}

}  // namespace
}  // namespace ordersaga::access

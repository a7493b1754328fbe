#include "services/payment/domain/test_card.h"

#include <charconv>
#include <string_view>

namespace ordersaga::payment {
namespace {

using Kind = TestCard::Kind;

constexpr std::pair<std::string_view, Kind> kNames[] = {
    {"fast", Kind::kFast},
    {"approve", Kind::kApprove},
    {"decline", Kind::kDecline},
    {"insufficient-funds", Kind::kInsufficientFunds},
    {"timeout-then-success", Kind::kTimeoutThenSuccess},
    {"timeout-then-nothing", Kind::kTimeoutThenNothing},
    {"refund-fails-forever", Kind::kRefundFailsForever},
};

// "<prefix>N" with N from 0 to 999.
std::optional<int> CountAfter(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix) || text.size() > prefix.size() + 3) return std::nullopt;
  const std::string_view digits = text.substr(prefix.size());
  int count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return count;
}

}  // namespace

std::optional<TestCard> ParseTestCard(const std::string& user_email) {
  constexpr std::string_view kDomain = "@card.test";
  const std::string_view email(user_email);
  if (!email.ends_with(kDomain)) return std::nullopt;
  const std::string_view local = email.substr(0, email.size() - kDomain.size());
  const std::string_view name = local.substr(0, local.find('+'));
  for (const auto& [known, kind] : kNames) {
    if (name == known) return TestCard{kind, 0};
  }
  if (const auto count = CountAfter("transient-", name)) return TestCard{Kind::kTransient, *count};
  if (const auto count = CountAfter("refund-fails-", name)) {
    return TestCard{Kind::kRefundFails, *count};
  }
  return std::nullopt;
}

}  // namespace ordersaga::payment

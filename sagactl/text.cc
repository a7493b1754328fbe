#include "sagactl/text.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/time/time.h"
#include "platform/base/money.h"
#include "platform/base/text.h"
#include "platform/rpc/time.h"

namespace ordersaga::cli {
namespace {

// The length of the harmful character at text[i], or 0. UTF-8: U+0080..U+009F are C2 80..9F
// (terminals take U+009B for ESC [), U+202A..U+202E are E2 80 AA..AE, U+2066..U+2069 are E2 81
// A6..A9.
std::size_t HarmfulLength(std::string_view text, std::size_t i) {
  const auto at = [&](std::size_t k) -> unsigned { return k < text.size() ? static_cast<unsigned char>(text[k]) : 0U; };
  if (at(i) == 0xC2 && at(i + 1) >= 0x80 && at(i + 1) <= 0x9F) return 2;
  if (at(i) != 0xE2) return 0;
  const bool is_override = at(i + 1) == 0x80 && at(i + 2) >= 0xAA && at(i + 2) <= 0xAE;
  const bool is_isolate = at(i + 1) == 0x81 && at(i + 2) >= 0xA6 && at(i + 2) <= 0xA9;
  return is_override || is_isolate ? 3 : 0;
}

}  // namespace

std::string Printable(std::string_view text, std::size_t longest) {
  const std::string clean = CleanText(text, longest);
  std::string printable;
  for (std::size_t i = 0; i < clean.size();) {
    const std::size_t harmful = HarmfulLength(clean, i);
    printable += harmful == 0 ? clean[i] : '?';
    i += std::max<std::size_t>(harmful, 1);
  }
  return printable;
}

std::string TimeForPeople(bool present, const google::protobuf::Timestamp& time) {
  if (!present) return "-";
  return absl::FormatTime("%Y-%m-%d %H:%M:%E3SZ", rpc::FromProto(time), absl::UTCTimeZone());
}

std::string TimeForPrograms(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", rpc::FromProto(time), absl::UTCTimeZone());
}

std::string MoneyForPeople(const common::v1::Money& money) {
  return fmt::format("{} {}", FormatMajor(Money{money.amount_minor(), money.currency()}), Printable(money.currency()));
}

std::string OrDash(std::string text) {
  if (text.empty()) text.assign(1, '-');
  return text;
}

std::size_t Width(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; });
}

}  // namespace ordersaga::cli

#include "platform/base/traceparent.h"

#include <fmt/format.h>

#include <algorithm>

namespace ordersaga {
namespace {

constexpr std::size_t kLength = 55;

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsId(std::string_view text) {
  return IsHex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

std::string RandomHex(Rng& rng) {
  return fmt::format("{:016x}", rng.Next() | 1U);  // never all zeros
}

}  // namespace

std::string Traceparent::ToString() const {
  return fmt::format("00-{}-{}-{}", trace, span, flags);
}

std::optional<Traceparent> ParseTraceparent(std::string_view text) {
  if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace = text.substr(3, 32);
  const std::string_view span = text.substr(36, 16);
  const std::string_view flags = text.substr(53, 2);
  const bool whole = text.size() == kLength || (version != "00" && text[kLength] == '-');
  if (!whole || !IsHex(version) || version == "ff" || !IsId(trace) || !IsId(span) || !IsHex(flags)) return std::nullopt;
  return Traceparent{std::string(trace), std::string(span), std::string(flags)};
}

Traceparent NewTrace(Rng& rng) {
  return {RandomHex(rng) + RandomHex(rng), RandomHex(rng), "01"};
}

Traceparent NewSpan(const Traceparent& parent, Rng& rng) {
  return {parent.trace, RandomHex(rng), parent.flags};
}

}  // namespace ordersaga

#include "orchestrator/audit/keys.h"

namespace ordersaga::audit {
namespace {

constexpr std::size_t kIdLength = 36;

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

bool IsOrderId(std::string_view text) {
  if (text.size() != kIdLength) return false;
  for (std::size_t i = 0; i < kIdLength; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHex(text[i])) return false;
  }
  return true;
}

std::string_view SagaOf(std::string_view key, std::string_view step) {
  constexpr std::string_view kAction = "/action";
  if (key.size() != kIdLength + 1 + step.size() + kAction.size()) return {};
  if (key[kIdLength] != '/' || key.substr(kIdLength + 1, step.size()) != step || !key.ends_with(kAction)) return {};
  const std::string_view id = key.substr(0, kIdLength);
  return IsOrderId(id) ? id : std::string_view();
}

}  // namespace ordersaga::audit

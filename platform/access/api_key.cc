#include "platform/access/api_key.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "platform/base/hash.h"

namespace ordersaga::access {
namespace {

constexpr std::string_view kPrefix = "osk_";
constexpr std::size_t kIdDigits = 12;
constexpr std::size_t kSecretDigits = 64;

std::string RandomDigits(std::size_t count) {
  std::array<unsigned char, kSecretDigits / 2> bytes{};
  const std::size_t size = count / 2;
  if (RAND_bytes(bytes.data(), static_cast<int>(size)) != 1) throw std::runtime_error("the system has no randomness");
  return ToHex({reinterpret_cast<const char*>(bytes.data()), size});
}

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string ApiKey::hash() const {
  return ToHex(Sha256(secret));
}

std::optional<ApiKey> ParseApiKey(std::string_view text) {
  if (text.size() != kPrefix.size() + kIdDigits + 1 + kSecretDigits || !text.starts_with(kPrefix)) return std::nullopt;
  const std::string_view id = text.substr(kPrefix.size(), kIdDigits);
  const std::string_view secret = text.substr(kPrefix.size() + kIdDigits + 1);
  if (text[kPrefix.size() + kIdDigits] != '_' || !IsHex(id) || !IsHex(secret)) return std::nullopt;
  return ApiKey{std::string(id), std::string(secret)};
}

ApiKey NewApiKey() {
  return NewSecret(RandomDigits(kIdDigits));
}

ApiKey NewSecret(std::string id) {
  return {std::move(id), RandomDigits(kSecretDigits)};
}

}  // namespace ordersaga::access

#include "platform/base/uuid.h"

#include "platform/base/hash.h"

namespace ordersaga {
namespace {

constexpr char kHex[] = "0123456789abcdef";

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsDashPosition(std::size_t i) {
  return i == 8 || i == 13 || i == 18 || i == 23;
}

}  // namespace

Uuid Uuid::MakeV7(absl::Time now, int shard, Rng& rng) {
  std::array<std::uint8_t, 16> b{};
  const auto ms = static_cast<std::uint64_t>(absl::ToUnixMillis(now));
  for (int i = 0; i < 6; ++i) b[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
  b[6] = static_cast<std::uint8_t>(0x70 | ((shard >> 8) & 0x0f));
  b[7] = static_cast<std::uint8_t>(shard & 0xff);
  const std::uint64_t random = rng.Next();
  for (int i = 0; i < 8; ++i) b[8 + i] = static_cast<std::uint8_t>(random >> (8 * i));
  b[8] = static_cast<std::uint8_t>(0x80 | (b[8] & 0x3f));
  return Uuid(b);
}

Uuid Uuid::FromName(std::string_view name) {
  const std::string digest = Sha256(name);
  std::array<std::uint8_t, 16> b{};
  for (int i = 0; i < 16; ++i) b[i] = static_cast<std::uint8_t>(digest[i]);
  b[6] = static_cast<std::uint8_t>(0x80 | (b[6] & 0x0f));
  b[8] = static_cast<std::uint8_t>(0x80 | (b[8] & 0x3f));
  return Uuid(b);
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<std::uint8_t, 16> b{};
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (IsDashPosition(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return std::nullopt;
    b[nibble / 2] = static_cast<std::uint8_t>((b[nibble / 2] << 4) | digit);
    ++nibble;
  }
  return Uuid(b);
}

std::string Uuid::ToString() const {
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes_.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kHex[bytes_[i] >> 4]);
    text.push_back(kHex[bytes_[i] & 0x0f]);
  }
  return text;
}

}  // namespace ordersaga

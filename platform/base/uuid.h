// UUIDs (RFC 9562). A saga's id is a version 7 UUID whose 12 bits of rand_a hold its shard: the third group of the
// text form, after the version digit, is the shard in hex ("...-7003-..." lives in shard 3).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "platform/base/rng.h"

namespace ordersaga {

inline constexpr int kMaxShards = 4096;  // what fits in rand_a

class Uuid {
 public:
  Uuid() = default;  // all zeros
  explicit Uuid(const std::array<std::uint8_t, 16>& bytes) : bytes_(bytes) {}

  // Version 7: milliseconds of `now`, then `shard`, then 62 random bits. Requires 0 <= shard < kMaxShards.
  static Uuid MakeV7(absl::Time now, int shard, Rng& rng);

  // Version 8, made from a SHA-256 of `name`: the same name always gives the same UUID.
  static Uuid FromName(std::string_view name);

  // The 36-character form, either case. Anything else: nullopt.
  static std::optional<Uuid> Parse(std::string_view text);

  std::string ToString() const;
  int shard() const { return ((bytes_[6] & 0x0f) << 8) | bytes_[7]; }
  const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }

  auto operator<=>(const Uuid&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const Uuid& id) {
    return H::combine(std::move(h), id.bytes_);
  }

 private:
  std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace ordersaga

// Hashes whose values are stored, so they may never change.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ordersaga {

// The 32 raw bytes.
std::string Sha256(std::string_view data);

// RFC 2104. The 32 raw bytes.
std::string HmacSha256(std::string_view key, std::string_view data);

// Lower-case hex of any bytes.
std::string ToHex(std::string_view bytes);

// A fingerprint of a request: hex of the first 16 bytes of its SHA-256. Callers hash a canonical form of the body.
std::string Fingerprint(std::string_view canonical);

// FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/). Chooses shards.
std::uint64_t StableHash(std::string_view data);

}  // namespace ordersaga

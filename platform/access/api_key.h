// API keys as text: osk_<id>_<secret>, 12 and 64 hexadecimal digits. The id names a key in lists and logs; the secret
// is 256 random bits, shown once and kept as its SHA-256 only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ordersaga::access {

struct ApiKey {
  std::string id;
  std::string secret;

  std::string text() const { return "osk_" + id + "_" + secret; }
  // As it is stored and looked up: of a secret that cannot be guessed, in 64 hexadecimal digits.
  std::string hash() const;

  bool operator==(const ApiKey&) const = default;
};

// nullopt: it is none.
std::optional<ApiKey> ParseApiKey(std::string_view text);

// From the system's randomness. A new key, or another secret for the one with this id.
ApiKey NewApiKey();
ApiKey NewSecret(std::string id);

}  // namespace ordersaga::access

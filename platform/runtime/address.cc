#include "platform/runtime/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace ordersaga {
namespace {

bool IsNumeric(int family, const std::string& host) {
  in6_addr address;  // large enough for both
  return inet_pton(family, host.c_str(), &address) == 1;
}

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<Address> ParseOne(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  Address address;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (error != std::errc() || end != digits.data() + digits.size() || address.port == 0) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  address.host = std::string(host);
  if (bracketed) return IsNumeric(AF_INET6, address.host) ? std::optional(address) : std::nullopt;
  if (host.empty() || !std::all_of(host.begin(), host.end(), IsNameCharacter)) return std::nullopt;
  address.is_name = !IsNumeric(AF_INET, address.host);
  return address;
}

}  // namespace

absl::StatusOr<std::vector<Address>> ParseAddresses(std::string_view list) {
  std::vector<Address> addresses;
  while (true) {
    const std::string_view text = Trim(list.substr(0, list.find(',')));
    const std::optional<Address> address = ParseOne(text);
    if (!address.has_value()) {
      return absl::InvalidArgumentError(
          fmt::format("'{}' is no address; write host:port or [IPv6]:port, several separated by commas", text));
    }
    addresses.push_back(*address);
    const std::size_t comma = list.find(',');
    if (comma == std::string_view::npos) return addresses;
    list.remove_prefix(comma + 1);
  }
}

std::string HostPort(std::string_view host, std::int64_t port) {
  return host.find(':') == std::string_view::npos ? fmt::format("{}:{}", host, port)
                                                  : fmt::format("[{}]:{}", host, port);
}

}  // namespace ordersaga

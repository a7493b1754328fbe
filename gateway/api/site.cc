#include "gateway/api/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "absl/strings/ascii.h"
#include "gateway/api/headers.h"
#include "platform/base/error.h"
#include "platform/base/text.h"

namespace ordersaga::gateway {
namespace {

// "localhost:8080" -> "localhost", "[::1]:8080" -> "::1".
std::string NameOf(const std::string& host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

bool IsAddress(const std::string& name) {
  boost::system::error_code error;
  boost::asio::ip::make_address(name, error);
  return !error;
}

absl::Status Refuse(const char* reason, const std::string& why) {
  return MakeError(absl::StatusCode::kPermissionDenied, reason, why);
}

}  // namespace

absl::Status CheckSite(const http::Request& request, const std::vector<std::string>& names) {
  const std::string* sent = Header(request, "host");
  const std::string host = sent == nullptr ? "" : absl::AsciiStrToLower(*sent);
  const std::string name = NameOf(host);
  const bool ours = host.empty() || name == "localhost" || IsAddress(name) ||
                    std::find(names.begin(), names.end(), name) != names.end();
  if (!ours) {
    return Refuse("HOST_NOT_ALLOWED", fmt::format("this gateway does not answer as {}; ALLOWED_HOSTS={} would let it",
                                                  CleanText(name, 100), CleanText(name, 100)));
  }
  const std::string* origin = Header(request, "origin");
  if (origin == nullptr) return absl::OkStatus();
  const std::string from = absl::AsciiStrToLower(*origin);
  if (!host.empty() && (from == "http://" + host || from == "https://" + host)) return absl::OkStatus();
  return Refuse("FOREIGN_ORIGIN", "a page of another site may not use this gateway; ask it from your own server");
}

}  // namespace ordersaga::gateway

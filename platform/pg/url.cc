// libpq's parser takes much for a connection string that connects nowhere: a raw '@' or '/' in the password moves the
// borders between password, host, port and name, so that libpq would look for a host named after half of the password
// and say so in every error. What can only come from such a slip is refused here, before anybody connects.
#include "platform/pg/url.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "platform/base/error.h"

namespace ordersaga::pg {
namespace {

constexpr char kExpected[] = "must be postgres://user:password@host:port/database or keyword=value pairs";

absl::Status Bad(std::string_view why) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_DATABASE_URL", fmt::format("{}; {}", kExpected, why));
}

// What follows the scheme, or npos if this is no URL.
std::size_t AfterScheme(const std::string& text) {
  for (const std::string_view scheme : {"postgres://", "postgresql://"}) {
    if (text.starts_with(scheme)) return scheme.size();
  }
  return std::string::npos;
}

// libpq ends the login at the first '@', if that comes before any '/'. One more '@' belongs to a password that is not
// escaped; an '@' in the host or in the database's name is written %40.
bool HasStrayAt(const std::string& text) {
  const std::size_t start = AfterScheme(text);
  if (start == std::string::npos) return false;
  std::string_view rest = std::string_view(text).substr(start);
  const std::size_t end_of_login = rest.find_first_of("@/");
  if (end_of_login != std::string_view::npos && rest[end_of_login] == '@') rest.remove_prefix(end_of_login + 1);
  return rest.substr(0, rest.find('?')).find('@') != std::string_view::npos;
}

bool IsPort(std::string_view text) {
  int port = 0;
  return text.empty() || (absl::SimpleAtoi({text.data(), text.size()}, &port) && port >= 1 && port <= 65535);
}

bool IsHost(std::string_view text) {
  return text.starts_with('/') || text.find('@', 1) == std::string_view::npos;  // "@name" is an abstract socket
}

// libpq looks at values only when it connects. These it refuses for ever, in words that repeat them.
absl::Status CheckValues(const Url& url) {
  static constexpr std::array<std::string_view, 6> kModes{"disable", "allow",     "prefer",
                                                          "require", "verify-ca", "verify-full"};
  if (const std::string* port = url.Find("port")) {
    for (const auto part : absl::StrSplit(*port, ',')) {
      if (!IsPort({part.data(), part.size()})) {
        return Bad("the port is no number from 1 to 65535 (a '/' or '@' in the password is written %2F, %40)");
      }
    }
  }
  if (const std::string* host = url.Find("host")) {
    for (const auto part : absl::StrSplit(*host, ',')) {
      if (!IsHost({part.data(), part.size()})) return Bad("the host is a name, an address or a folder");
    }
  }
  if (const std::string* name = url.Find("dbname"); name != nullptr && name->find("://") != std::string::npos) {
    return Bad("dbname is a name, not a URL");
  }
  if (const std::string* mode = url.Find("sslmode"); mode != nullptr && std::ranges::count(kModes, *mode) == 0) {
    return Bad("sslmode is disable, allow, prefer, require, verify-ca or verify-full");
  }
  return absl::OkStatus();
}

// "it's" -> 'it\'s'
std::string Quoted(const std::string& value) {
  const auto plain = [](char c) { return c > ' ' && c != '\'' && c != '\\'; };
  if (!value.empty() && std::ranges::all_of(value, plain)) return value;
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "'";
}

}  // namespace

const std::string* Url::Find(const std::string& keyword) const {
  for (const auto& [name, value] : parameters) {
    if (name == keyword) return &value;
  }
  return nullptr;
}

absl::StatusOr<Url> ParseUrl(const std::string& text) {
  if (text.empty()) return Bad("it is empty");
  if (text.find('\0') != std::string::npos) return Bad("it contains a zero byte");
  if (HasStrayAt(text)) return Bad("an '@' in the password is written %40, a '/' %2F");
  char* said = nullptr;
  const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(PQconninfoParse(text.c_str(), &said),
                                                                               &PQconninfoFree);
  PQfreemem(said);  // quotes the text
  if (options == nullptr) return Bad("special characters in a URL are percent-encoded, in a pair's value quoted");
  Url url;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) url.parameters.emplace_back(option->keyword, option->val);
  }
  if (absl::Status status = CheckValues(url); !status.ok()) return status;
  return url;
}

std::string ToPairs(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, Quoted(value));
  }
  return text;
}

absl::StatusOr<std::string> ShowUrl(const std::string& text) {
  const absl::StatusOr<Url> url = ParseUrl(text);
  if (!url.ok()) return url.status();
  std::vector<std::pair<std::string, std::string>> shown = url->parameters;
  for (auto& [name, value] : shown) {
    if (name == "password" || name == "sslpassword") value = "***";
  }
  return ToPairs(shown);
}

}  // namespace ordersaga::pg

// Where a database is and who we are there: a connection string as libpq takes it, "postgres://user:password@host/name"
// or "host=... user=... password=...", taken apart by libpq's own parser. Pure: no file is read, nothing is connected
// to.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace ordersaga::pg {

struct Url {
  // libpq's keywords with decoded values ("host", "port", "user", ...): what the text names and nothing else, in
  // libpq's order. Several hosts stand in one value, separated by commas.
  std::vector<std::pair<std::string, std::string>> parameters;

  // nullptr if the text does not name it.
  const std::string* Find(const std::string& keyword) const;
};

// INVALID_ARGUMENT, reason INVALID_DATABASE_URL. The message says what is wrong and never repeats a piece of the text:
// in a mistyped one any piece may be the password.
absl::StatusOr<Url> ParseUrl(const std::string& text);

// The parameters as libpq reads them again: keyword=value pairs, quoted where need be.
std::string ToPairs(const std::vector<std::pair<std::string, std::string>>& parameters);

// The text as people may see it: keyword=value pairs, passwords as ***. Errors as in ParseUrl.
absl::StatusOr<std::string> ShowUrl(const std::string& text);

}  // namespace ordersaga::pg

#include "platform/access/principal.h"

#include <fmt/format.h>

namespace ordersaga::access {

std::string_view Name(Principal::Kind kind) {
  switch (kind) {
    case Principal::Kind::kLocal:
      return "local";
    case Principal::Kind::kProgram:
      return "program";
    case Principal::Kind::kKey:
      return "key";
    case Principal::Kind::kAnonymous:
      break;
  }
  return "anonymous";
}

std::string Signature(const Principal& principal) {
  switch (principal.kind) {
    case Principal::Kind::kLocal:
      return principal.name.empty() ? "local" : fmt::format("local ({})", principal.name);
    case Principal::Kind::kProgram:
      return principal.name;
    case Principal::Kind::kKey:
      return fmt::format("key {} of {}", principal.name, principal.client);
    case Principal::Kind::kAnonymous:
      break;
  }
  return "anonymous";
}

bool ReadsAll(const Principal& principal) {
  return principal.kind == Principal::Kind::kLocal || principal.scopes.Has(Scope::kOrdersReadAll);
}

bool Reads(const Principal& principal, const std::string& client) {
  return ReadsAll(principal) || principal.client == client;
}

}  // namespace ordersaga::access

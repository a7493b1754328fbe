#include "platform/access/policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "platform/base/error.h"

namespace ordersaga::access {
namespace {

bool May(const Rule& rule, const Principal& principal) {
  if (rule.anybody) return true;
  switch (principal.kind) {
    case Principal::Kind::kLocal:
      return true;
    case Principal::Kind::kProgram:
      return std::find(rule.programs.begin(), rule.programs.end(), principal.name) != rule.programs.end();
    case Principal::Kind::kKey:
      return principal.scopes.HasOneOf(rule.scopes);
    case Principal::Kind::kAnonymous:
      break;
  }
  return false;
}

}  // namespace

absl::Status Judge(const Rule& rule, const Principal& principal) {
  if (May(rule, principal)) return absl::OkStatus();
  if (principal.kind == Principal::Kind::kAnonymous) {
    return MakeError(absl::StatusCode::kUnauthenticated, "UNAUTHENTICATED",
                     "say who you are: an API key as `Authorization: Bearer osk_...`, or a program's certificate");
  }
  const bool has_key = principal.kind == Principal::Kind::kKey;
  const std::string why =
      has_key && !rule.scopes.empty()
          ? fmt::format("this key lacks a scope; one of these would do: {}", fmt::join(rule.scopes.Names(), ", "))
          : fmt::format("{} may not call {}", Signature(principal), rule.name);
  return MakeError(absl::StatusCode::kPermissionDenied, has_key ? "FORBIDDEN" : "PROGRAM_REFUSED", why);
}

Policy::Policy(std::vector<Rule> rules) {
  for (Rule& rule : rules) rules_.emplace(rule.name, std::move(rule));
}

const Rule* Policy::Find(std::string_view name) const {
  const auto found = rules_.find(name);
  return found == rules_.end() ? nullptr : &found->second;
}

}  // namespace ordersaga::access

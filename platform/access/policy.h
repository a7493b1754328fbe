// Which principal may call what: rules by name, and the one place where they are judged. Pure; filled before any thread
// exists, then only read.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "platform/access/principal.h"

namespace ordersaga::access {

struct Rule {
  std::string_view name;                        // "ordersaga.payment.v1.PaymentService/Charge"
  std::vector<std::string_view> programs = {};  // that may, by their certificate
  Scopes scopes = {};                           // a key that has one of them may
  bool anybody = false;                         // everybody may
};

// May it? UNAUTHENTICATED for who shows nothing; PERMISSION_DENIED, FORBIDDEN for a key and PROGRAM_REFUSED for
// a program, whose set-up is wrong then. All say what is missing.
absl::Status Judge(const Rule& rule, const Principal& principal);

class Policy {
 public:
  explicit Policy(std::vector<Rule> rules);

  const Rule* Find(std::string_view name) const;  // null: there is none
  const std::map<std::string_view, Rule>& rules() const { return rules_; }

 private:
  std::map<std::string_view, Rule> rules_;
};

}  // namespace ordersaga::access

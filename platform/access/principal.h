// Who makes a request. Every request has exactly one principal; it comes from the credential, never from what the
// request says.
#pragma once

#include <string>
#include <string_view>

#include "platform/access/scope.h"

namespace ordersaga::access {

struct Principal {
  enum class Kind {
    kAnonymous,  // showed nothing
    kLocal,      // is on this machine, where no identities have been set up: may do everything
    kProgram,    // one of ours, by its certificate
    kKey,        // a person or a client's program, by an API key
  };
  Kind kind = Kind::kAnonymous;
  // kProgram: "gateway". kKey: the key's id. kLocal: what the caller calls himself, which nobody has proved.
  std::string name = {};
  // Whose orders are its own, whose idempotency keys it uses. Only keys have one; all others share one, "".
  std::string client = {};
  Scopes scopes = {};  // of a key

  bool operator==(const Principal&) const = default;
};

// "anonymous", "local", "program", "key".
std::string_view Name(Principal::Kind kind);

// As it stands in journals and logs: "local (ann)", "key 3f2a of acme", "gateway", "anonymous".
std::string Signature(const Principal& principal);

// Whether it may see every client's orders, and this one's.
bool ReadsAll(const Principal& principal);
bool Reads(const Principal& principal, const std::string& client);

}  // namespace ordersaga::access

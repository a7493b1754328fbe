// Who a request is from, and whether the policy lets him use the route: asked before a route's handler, for every
// route.
//
// Keys are the orchestrator's: it is asked as whom it takes one, and its answer counts for ten seconds here. It judges
// the calls that follow by itself; what the gateway decides alone is what no orchestrator sees (products, pages).
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "gateway/api/backend.h"
#include "gateway/api/client_rate.h"
#include "ordersaga/identity/v1/identity.grpc.pb.h"
#include "platform/access/policy.h"
#include "platform/http/message.h"

namespace ordersaga::gateway {

// Thread-safe. Outlives the server.
class Callers {
 public:
  using Identities = Backend<identity::v1::IdentityService>;
  using Known = std::function<void(const absl::StatusOr<access::Principal>&)>;

  // `identities` null: none are in force, everybody is `local`. `open`: routes that need no key all the same.
  // `per_second`: requests of one client's.
  Callers(std::vector<access::Rule> rules, std::set<std::string> open, Identities* identities, std::int64_t per_second,
          const Clock& clock)
      : policy_(std::move(rules)), open_(std::move(open)), identities_(identities), rate_(per_second), clock_(clock) {}

  // The handler of the route `name`, "GET /api/v1/orders", behind the question. The name must be in Unruled() or have a
  // rule.
  http::Handler Guard(const std::string& name, http::Handler handler);
  // FAILED_PRECONDITION: a route was guarded that no rule names, or a route is open that there is not.
  absl::Status Check() const;

  // `known`, once, at once or on a thread of gRPC's: who it is; UNAUTHENTICATED: a key that is nobody's. The request
  // must live until then.
  void Identify(const http::Request& request, Known known);

 private:
  struct Answer {
    absl::StatusOr<access::Principal> caller;
    absl::Duration until;  // monotonic
  };
  // Lets the client's request through to the handler if it comes in its rate.
  void Serve(const std::string& client, const http::Handler& handler, const http::Request& request,
             const http::Respond& respond);
  void Keep(const std::string& key, const absl::StatusOr<access::Principal>& caller);

  const access::Policy policy_;
  const std::set<std::string> open_;
  Identities* const identities_;
  ClientRate rate_;
  const Clock& clock_;
  std::set<std::string> guarded_;  // names
  absl::Mutex mu_;
  absl::flat_hash_map<std::string, Answer> answers_ ABSL_GUARDED_BY(mu_);  // by the header's SHA-256
};

// What goes along with a call that is judged behind us: `metadata`, and the client's credential if there is one.
rpc::Metadata AsCaller(const http::Request& request, rpc::Metadata metadata);

}  // namespace ordersaga::gateway

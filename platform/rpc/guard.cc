// A call shows its program by the certificate of its connection, and a person or client by a key in its metadata. A key
// counts before the certificate: the gateway hands on the keys of its clients.
#include "platform/rpc/guard.h"

#include <grpc/grpc_security_constants.h>

#include "platform/base/error.h"
#include "platform/base/text.h"

namespace ordersaga::rpc {
namespace {

using access::Principal;

constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kOurs = "spiffe://ordersaga/";
constexpr std::size_t kLongestName = 100;

std::string_view Sent(const grpc::CallbackServerContext& context, const char* name) {
  const auto found = context.client_metadata().find(name);
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

// Empty: no certificate of ours. gRPC has checked the chain.
std::string ProgramOf(const grpc::CallbackServerContext& context) {
  const auto peer = context.auth_context();
  if (peer == nullptr) return {};
  for (const grpc::string_ref& id : peer->FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME)) {
    const std::string_view text(id.data(), id.size());
    if (text.starts_with(kOurs)) return std::string(text.substr(kOurs.size()));
  }
  return {};
}

absl::Status NoKey(std::string_view why) {
  return MakeError(absl::StatusCode::kUnauthenticated, "UNAUTHENTICATED", why);
}

}  // namespace

Guard Guard::WithIdentities(const access::Policy& policy, KeyJudge keys) {
  Guard guard(policy);
  guard.identities_ = true;
  guard.keys_ = std::move(keys);
  return guard;
}

absl::StatusOr<Principal> Guard::Admit(const grpc::CallbackServerContext& context, const access::Rule& rule) const {
  absl::StatusOr<Principal> caller = WhoCalls(context);
  const absl::Status verdict = caller.ok() ? access::Judge(rule, *caller) : caller.status();
  if (verdict.ok()) return caller;
  ++*refused_;
  return verdict;
}

absl::StatusOr<Principal> Guard::WhoCalls(const grpc::CallbackServerContext& context) const {
  if (!identities_) {
    return Principal{Principal::Kind::kLocal, CleanText(Sent(context, kCallerName), kLongestName)};
  }
  if (const std::string_view sent = Sent(context, "authorization"); !sent.empty()) {
    if (!sent.starts_with(kBearer)) return NoKey("`authorization` must be `Bearer osk_...`");
    if (keys_ == nullptr) return NoKey("this service takes certificates, no API keys");
    return keys_(sent.substr(kBearer.size()));
  }
  const std::string program = ProgramOf(context);
  if (program.empty()) return Principal{};
  return Principal{Principal::Kind::kProgram, program};
}

}  // namespace ordersaga::rpc

#include "gateway/api/callers.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/api/headers.h"
#include "gateway/api/problem.h"
#include "platform/access/api_key.h"
#include "platform/base/hash.h"

namespace ordersaga::gateway {
namespace {

using access::Principal;
using http::Request;
using http::Respond;
using IdentityStub = rpc::AsyncOf<identity::v1::IdentityService::Stub>;

constexpr absl::Duration kGood = absl::Seconds(10);
constexpr absl::Duration kBad = absl::Seconds(1);
constexpr std::size_t kMostAnswers = 10'000;
constexpr std::string_view kBearer = "Bearer ";

absl::Status NoKey() {
  return MakeError(absl::StatusCode::kUnauthenticated, "UNAUTHENTICATED",
                   "Authorization must be `Bearer osk_<id>_<secret>`");
}

bool HoldsKey(const std::string& header) {
  return header.starts_with(kBearer) &&
         access::ParseApiKey(std::string_view(header).substr(kBearer.size())).has_value();
}

absl::StatusOr<Principal> PrincipalOf(const absl::StatusOr<identity::v1::WhoAmIResponse>& answer) {
  if (!answer.ok()) return answer.status();
  const auto scopes = access::ParseScopes({answer->scopes().begin(), answer->scopes().end()});
  return Principal{Principal::Kind::kKey, answer->name(), answer->client(), scopes.ok() ? *scopes : access::Scopes()};
}

http::Response Refused(const absl::Status& why, const Request& request) {
  http::Response response = Problem(why, request);
  if (response.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

http::Handler Callers::Guard(const std::string& name, http::Handler handler) {
  guarded_.insert(name);
  const access::Rule* rule = policy_.Find(name);
  if (rule == nullptr) return handler;  // Check will say so
  const bool open = open_.contains(name);
  return [this, rule, open, handler = std::move(handler)](const Request& request, Respond respond) {
    Identify(request, [this, rule, open, handler, &request, respond = std::move(respond)](const auto& caller) {
      absl::Status verdict = caller.status();
      if (caller.ok() && !(open && caller->kind == Principal::Kind::kAnonymous))
        verdict = access::Judge(*rule, *caller);
      if (!verdict.ok()) return respond(Refused(verdict, request));
      request.caller = Signature(*caller);
      if (caller->kind != Principal::Kind::kKey) return handler(request, respond);
      Serve(caller->client, handler, request, respond);
    });
  };
}

void Callers::Serve(const std::string& client, const http::Handler& handler, const Request& request,
                    const Respond& respond) {
  const ClientRate::Verdict verdict = rate_.Take(client, clock_.Monotonic());
  const auto headers = rate_.Headers(verdict);
  const auto with_headers = [respond, headers](http::Response response) {
    response.headers.insert(response.headers.end(), headers.begin(), headers.end());
    respond(std::move(response));
  };
  if (verdict.allowed) return handler(request, with_headers);
  with_headers(Problem(TryAgain(absl::StatusCode::kResourceExhausted, "TOO_MANY_REQUESTS",
                                "this client asks more often than it may", verdict.retry_after),
                       request));
}

absl::Status Callers::Check() const {
  for (const std::string& name : guarded_) {
    if (policy_.Find(name) != nullptr) continue;
    return MakeError(absl::StatusCode::kFailedPrecondition, "NO_RULE",
                     fmt::format("no rule says who may use {}; add one to the policy", name));
  }
  for (const std::string& name : open_) {
    if (guarded_.contains(name)) continue;
    return BadRequest({{"open_routes", fmt::format("names {}, which is no route", name)}});
  }
  return absl::OkStatus();
}

void Callers::Identify(const Request& request, Known known) {
  if (identities_ == nullptr) return known(Principal{Principal::Kind::kLocal});
  const std::string* header = Header(request, "authorization");
  if (header == nullptr) return known(Principal{});
  if (!HoldsKey(*header)) return known(NoKey());
  const std::string key = Sha256(*header);
  {
    absl::ReleasableMutexLock lock(&mu_);
    const auto found = answers_.find(key);
    if (found != answers_.end() && clock_.Monotonic() < found->second.until) {
      const absl::StatusOr<Principal> caller = found->second.caller;
      lock.Release();
      return known(caller);
    }
  }
  identities_->Call(&IdentityStub::WhoAmI, {}, AsCaller(request, {{"x-request-id", request.request_id}}),
                    [this, key, known = std::move(known)](const absl::StatusOr<identity::v1::WhoAmIResponse>& answer) {
                      const absl::StatusOr<Principal> caller = PrincipalOf(answer);
                      Keep(key, caller);
                      known(caller);
                    });
}

void Callers::Keep(const std::string& key, const absl::StatusOr<Principal>& caller) {
  if (!caller.ok() && caller.status().code() != absl::StatusCode::kUnauthenticated) return;
  const absl::Duration now = clock_.Monotonic();
  absl::MutexLock lock(&mu_);
  if (answers_.size() >= kMostAnswers) {
    absl::erase_if(answers_, [now](const auto& entry) { return entry.second.until <= now; });
    if (answers_.size() >= kMostAnswers) answers_.clear();
  }
  answers_.insert_or_assign(key, Answer{caller, now + (caller.ok() ? kGood : kBad)});
}

rpc::Metadata AsCaller(const Request& request, rpc::Metadata metadata) {
  const std::string* header = Header(request, "authorization");
  if (header != nullptr && HoldsKey(*header)) metadata.emplace_back("authorization", *header);
  return metadata;
}

}  // namespace ordersaga::gateway

#include "orchestrator/api/identity_service.h"

#include <algorithm>
#include <utility>

#include "platform/access/api_key.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/pg/read.h"
#include "platform/rpc/handler.h"
#include "platform/rpc/time.h"
#include "platform/runtime/log.h"

namespace ordersaga::orchestrator {
namespace {

using access::ApiKey;
using access::Principal;

// How people write the client of the orders that were placed without a key.
constexpr char kShared[] = "shared";
constexpr std::size_t kLongestClient = 64;
constexpr std::size_t kLongestNote = 200;
constexpr absl::Duration kGrace = absl::Hours(24);

std::string Shown(const std::string& client) {
  return client.empty() ? kShared : client;
}

bool IsClient(const std::string& name) {
  const bool fine = std::all_of(name.begin(), name.end(),
                                [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  return fine && !name.empty() && name.size() <= kLongestClient;
}

void ToProto(const StoredKey& stored, identity::v1::Key* key) {
  key->set_id(stored.id);
  key->set_client(Shown(stored.client));
  for (const std::string& name : stored.scopes.Names()) key->add_scopes(name);
  key->set_note(stored.note);
  *key->mutable_created_at() = rpc::ToProto(stored.created_at);
  key->set_created_by(stored.created_by);
  if (stored.expires_at.has_value()) *key->mutable_expires_at() = rpc::ToProto(*stored.expires_at);
  if (stored.revoked_at.has_value()) *key->mutable_revoked_at() = rpc::ToProto(*stored.revoked_at);
  key->set_revoked_by(stored.revoked_by);
  if (stored.last_used_at.has_value()) *key->mutable_last_used_at() = rpc::ToProto(*stored.last_used_at);
  key->set_secrets(stored.secrets);
}

// A whole number of seconds, at least one.
absl::Duration ReadDuration(const google::protobuf::Duration& sent, const char* field,
                            std::vector<FieldViolation>& problems) {
  if (sent.seconds() < 1) problems.push_back({field, "must be at least one second"});
  return absl::Seconds(sent.seconds());
}

absl::StatusOr<NewKey> Read(const identity::v1::CreateKeyRequest& request, const Principal& caller) {
  std::vector<FieldViolation> problems;
  const auto scopes = access::ParseScopes({request.scopes().begin(), request.scopes().end()});
  if (!scopes.ok()) problems = ViolationsOf(scopes.status());
  if (!IsClient(request.client())) problems.push_back({"client", "must be 1 to 64 of a-z, 0-9 and -"});
  if (!IsCleanText(request.note(), kLongestNote)) problems.push_back({"note", "must be at most 200 bytes of text"});
  NewKey key;
  if (request.has_good_for()) key.good_for = ReadDuration(request.good_for(), "good_for", problems);
  if (!problems.empty()) return BadRequest(problems);
  key.client = request.client() == kShared ? "" : request.client();
  key.scopes = *scopes;
  key.note = request.note();
  key.created_by = Signature(caller);
  return key;
}

absl::Status NoSuchKey() {
  return MakeError(absl::StatusCode::kNotFound, "NOT_FOUND", "there is no such key, or it is good no longer");
}

void LogChange(std::string_view what, const std::string& id, const Principal& caller) {
  LogInfo(what, {{"key", id}, {"by", Signature(caller)}});
}

}  // namespace

void IdentityServiceImpl::AddTo(rpc::Served<identity::v1::IdentityService>& served) {
  served.Add("WhoAmI", this, &IdentityServiceImpl::WhoAmI);
  served.Add("CreateKey", this, &IdentityServiceImpl::CreateKey);
  served.Add("ListKeys", this, &IdentityServiceImpl::ListKeys);
  served.Add("RotateKey", this, &IdentityServiceImpl::RotateKey);
  served.Add("RevokeKey", this, &IdentityServiceImpl::RevokeKey);
}

grpc::ServerUnaryReactor* IdentityServiceImpl::WhoAmI(grpc::CallbackServerContext* context,
                                                      const identity::v1::WhoAmIRequest* /*request*/,
                                                      identity::v1::WhoAmIResponse* response, const Principal& caller) {
  response->set_kind(std::string(Name(caller.kind)));
  response->set_name(caller.name);
  response->set_client(Shown(caller.client));
  for (const std::string& name : caller.scopes.Names()) response->add_scopes(name);
  return rpc::Answer(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* IdentityServiceImpl::CreateKey(grpc::CallbackServerContext* context,
                                                         const identity::v1::CreateKeyRequest* request,
                                                         identity::v1::CreateKeyResponse* response,
                                                         const Principal& caller) {
  const absl::StatusOr<NewKey> about = Read(*request, caller);
  if (!about.ok()) return rpc::Answer(context, about.status());
  const ApiKey key = access::NewApiKey();
  response->set_secret(key.text());
  return Change(context, key.id, response->mutable_key(), [key, about = *about, caller](pg::PqxxTx& tx) {
    orchestrator::CreateKey(tx, key, about);
    LogChange("API key made", key.id, caller);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* IdentityServiceImpl::ListKeys(grpc::CallbackServerContext* context,
                                                        const identity::v1::ListKeysRequest* request,
                                                        identity::v1::ListKeysResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool with_revoked = request->with_revoked();
  pg::Read<std::vector<StoredKey>>(
      pool_,
      [reactor, response](const absl::StatusOr<std::vector<StoredKey>>& keys) {
        for (std::size_t i = 0; keys.ok() && i < keys->size(); ++i) ToProto((*keys)[i], response->add_keys());
        rpc::Finish(reactor, keys.status());
      },
      [with_revoked](pg::PqxxTx& tx) { return orchestrator::ListKeys(tx, with_revoked); });
  return reactor;
}

grpc::ServerUnaryReactor* IdentityServiceImpl::RotateKey(grpc::CallbackServerContext* context,
                                                         const identity::v1::RotateKeyRequest* request,
                                                         identity::v1::RotateKeyResponse* response,
                                                         const Principal& caller) {
  std::vector<FieldViolation> problems;
  const absl::Duration grace = request->has_grace() ? ReadDuration(request->grace(), "grace", problems) : kGrace;
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  const ApiKey key = access::NewSecret(request->id());
  response->set_secret(key.text());
  return Change(context, key.id, response->mutable_key(), [key, grace, caller](pg::PqxxTx& tx) {
    if (!orchestrator::RotateKey(tx, key, grace)) return NoSuchKey();
    LogChange("API key rotated", key.id, caller);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* IdentityServiceImpl::RevokeKey(grpc::CallbackServerContext* context,
                                                         const identity::v1::RevokeKeyRequest* request,
                                                         identity::v1::RevokeKeyResponse* response,
                                                         const Principal& caller) {
  return Change(context, request->id(), response->mutable_key(), [id = request->id(), caller](pg::PqxxTx& tx) {
    if (!orchestrator::RevokeKey(tx, id, Signature(caller))) return NoSuchKey();
    LogChange("API key revoked", id, caller);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* IdentityServiceImpl::Change(grpc::CallbackServerContext* context, const std::string& id,
                                                      identity::v1::Key* key,
                                                      std::function<absl::Status(pg::PqxxTx&)> change) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  pg::Read<StoredKey>(
      pool_,
      [this, reactor, key](const absl::StatusOr<StoredKey>& stored) {
        if (stored.ok()) ToProto(*stored, key);
        if (stored.ok()) ring_.Refresh();
        rpc::Finish(reactor, stored.status());
      },
      [id, change = std::move(change)](pg::PqxxTx& tx) -> absl::StatusOr<StoredKey> {
        if (const absl::Status status = change(tx); !status.ok()) return status;
        std::optional<StoredKey> stored = FindKey(tx, id);
        if (!stored.has_value()) return NoSuchKey();
        return *std::move(stored);
      });
  return reactor;
}

}  // namespace ordersaga::orchestrator

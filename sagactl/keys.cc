#include "sagactl/keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <grpcpp/grpcpp.h>

#include <boost/json.hpp>

#include "ordersaga/identity/v1/identity.grpc.pb.h"
#include "platform/rpc/status.h"
#include "sagactl/failure.h"
#include "sagactl/reach.h"
#include "sagactl/table.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

namespace json = boost::json;
using identity::v1::IdentityService;
using identity::v1::Key;

json::value TimeOrNull(bool present, const google::protobuf::Timestamp& time) {
  return present ? json::value(TimeForPrograms(time)) : json::value(nullptr);
}

json::object KeyAsJson(const Key& key) {
  return {{"id", Printable(key.id())},
          {"client", Printable(key.client())},
          {"scopes", json::array(key.scopes().begin(), key.scopes().end())},
          {"note", Printable(key.note())},
          {"secrets", key.secrets()},
          {"created_at", TimeForPrograms(key.created_at())},
          {"created_by", Printable(key.created_by())},
          {"expires_at", TimeOrNull(key.has_expires_at(), key.expires_at())},
          {"revoked_at", TimeOrNull(key.has_revoked_at(), key.revoked_at())},
          {"revoked_by", Printable(key.revoked_by())},
          {"last_used_at", TimeOrNull(key.has_last_used_at(), key.last_used_at())}};
}

std::string StateOf(const Key& key) {
  if (key.has_revoked_at()) return "revoked";
  if (key.secrets() == 0) return "expired";
  return key.secrets() > 1 ? "rotating" : "good";
}

std::string KeysAsTable(const identity::v1::ListKeysResponse& keys, bool colored) {
  Table table({"KEY", "CLIENT", "STATE", "SCOPES", "LAST USED", "EXPIRES", "NOTE"});
  for (const Key& key : keys.keys()) {
    const std::string state = StateOf(key);
    const bool usable = state == "good" || state == "rotating";
    table.Add({Printable(key.id()), Printable(key.client()), Cell(state, usable ? Color::kGreen : Color::kRed),
               fmt::format("{}", fmt::join(key.scopes(), " ")),
               TimeForPeople(key.has_last_used_at(), key.last_used_at()),
               TimeForPeople(key.has_expires_at(), key.expires_at()), OrDash(Printable(key.note()))});
  }
  return table.Render(colored);
}

// The secret on standard output, so that it can be put into a file; what to know about it beside.
void ShowSecret(const Key& key, const std::string& secret, const std::string& about, const Options& options,
                const Terminal& terminal) {
  if (options.json) {
    json::object object = KeyAsJson(key);
    object["key"] = secret;
    terminal.out << json::serialize(object) << "\n";
  } else {
    terminal.out << secret << "\n";
  }
  terminal.err << about << " It is shown this once, and works everywhere within two seconds.\n";
}

// One call of IdentityService.
template <typename Request, typename Response>
grpc::Status Call(const Options& options,
                  grpc::Status (IdentityService::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  const auto stub = IdentityService::NewStub(Dial(options, options.address, "orchestrator"));
  grpc::ClientContext context;
  Prepare(&context, options);
  return ((*stub).*method)(&context, request, response);
}

int FailKeys(const grpc::Status& status, const Options& options, const Terminal& terminal) {
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
    return Fail(rpc::FromGrpc(status), "Try: sagactl keys list", terminal);
  }
  return Fail(rpc::FromGrpc(status), options, terminal);
}

}  // namespace

int RunKeys(const CreateKeyCommand& create, const Options& options, const Terminal& terminal) {
  identity::v1::CreateKeyRequest request;
  request.set_client(create.adopt_shared ? "shared" : create.client);
  for (const std::string& scope : create.scopes) request.add_scopes(scope);
  request.set_note(create.note);
  if (create.good_for > absl::ZeroDuration()) {
    request.mutable_good_for()->set_seconds(absl::ToInt64Seconds(create.good_for));
  }
  identity::v1::CreateKeyResponse response;
  const grpc::Status status = Call(options, &IdentityService::Stub::CreateKey, request, &response);
  if (!status.ok()) return FailKeys(status, options, terminal);
  ShowSecret(response.key(), response.secret(),
             fmt::format("That is key {} of client {}.", response.key().id(), response.key().client()), options,
             terminal);
  return kOk;
}

int RunKeys(const ListKeysCommand& list, const Options& options, const Terminal& terminal) {
  identity::v1::ListKeysRequest request;
  request.set_with_revoked(list.all);
  identity::v1::ListKeysResponse response;
  const grpc::Status status = Call(options, &IdentityService::Stub::ListKeys, request, &response);
  if (!status.ok()) return FailKeys(status, options, terminal);
  if (options.json) {
    json::array keys;
    for (const Key& key : response.keys()) keys.push_back(KeyAsJson(key));
    terminal.out << json::serialize(json::object{{"keys", std::move(keys)}}) << "\n";
  } else if (response.keys().empty()) {
    terminal.err << "There are no keys. Make one: sagactl keys create --client NAME --scope orders:write\n";
  } else {
    terminal.out << KeysAsTable(response, options.colored);
  }
  return kOk;
}

int RunKeys(const RotateKeyCommand& rotate, const Options& options, const Terminal& terminal) {
  identity::v1::RotateKeyRequest request;
  request.set_id(rotate.id);
  request.mutable_grace()->set_seconds(absl::ToInt64Seconds(rotate.grace));
  identity::v1::RotateKeyResponse response;
  const grpc::Status status = Call(options, &IdentityService::Stub::RotateKey, request, &response);
  if (!status.ok()) return FailKeys(status, options, terminal);
  ShowSecret(response.key(), response.secret(),
             fmt::format("That is another secret for key {}; the one before is good for {} more.", response.key().id(),
                         absl::FormatDuration(rotate.grace)),
             options, terminal);
  return kOk;
}

int RunKeys(const RevokeKeyCommand& revoke, const Options& options, const Terminal& terminal) {
  identity::v1::RevokeKeyRequest request;
  request.set_id(revoke.id);
  identity::v1::RevokeKeyResponse response;
  const grpc::Status status = Call(options, &IdentityService::Stub::RevokeKey, request, &response);
  if (!status.ok()) return FailKeys(status, options, terminal);
  if (options.json) {
    terminal.out << json::serialize(KeyAsJson(response.key())) << "\n";
  } else {
    terminal.out << "Revoked. Nobody gets in with it any more, everywhere within half a minute.\n";
  }
  return kOk;
}

}  // namespace ordersaga::cli

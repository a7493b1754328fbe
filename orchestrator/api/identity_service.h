// IdentityService over gRPC: who calls, and the keys that say so. Keys are read and written on a pool's thread.
#pragma once

#include "orchestrator/adapters/pg/key_store_pg.h"
#include "orchestrator/identity/key_ring.h"
#include "ordersaga/identity/v1/identity.grpc.pb.h"
#include "platform/pg/pqxx.h"
#include "platform/rpc/served.h"

namespace ordersaga::orchestrator {

class IdentityServiceImpl final {
 public:
  IdentityServiceImpl(KeyRing& ring, pg::PqxxPool& pool) : ring_(ring), pool_(pool) {}

  void AddTo(rpc::Served<identity::v1::IdentityService>& served);

  grpc::ServerUnaryReactor* WhoAmI(grpc::CallbackServerContext* context, const identity::v1::WhoAmIRequest* request,
                                   identity::v1::WhoAmIResponse* response, const access::Principal& caller);
  grpc::ServerUnaryReactor* CreateKey(grpc::CallbackServerContext* context,
                                      const identity::v1::CreateKeyRequest* request,
                                      identity::v1::CreateKeyResponse* response, const access::Principal& caller);
  grpc::ServerUnaryReactor* ListKeys(grpc::CallbackServerContext* context, const identity::v1::ListKeysRequest* request,
                                     identity::v1::ListKeysResponse* response);
  grpc::ServerUnaryReactor* RotateKey(grpc::CallbackServerContext* context,
                                      const identity::v1::RotateKeyRequest* request,
                                      identity::v1::RotateKeyResponse* response, const access::Principal& caller);
  grpc::ServerUnaryReactor* RevokeKey(grpc::CallbackServerContext* context,
                                      const identity::v1::RevokeKeyRequest* request,
                                      identity::v1::RevokeKeyResponse* response, const access::Principal& caller);

 private:
  // Runs `change` in a transaction, puts the key `id` as it is then into `key`, and has the ring read again.
  grpc::ServerUnaryReactor* Change(grpc::CallbackServerContext* context, const std::string& id, identity::v1::Key* key,
                                   std::function<absl::Status(pg::PqxxTx&)> change);

  KeyRing& ring_;
  pg::PqxxPool& pool_;
};

}  // namespace ordersaga::orchestrator

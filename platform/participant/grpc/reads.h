// Answers a gRPC read on a pool's thread.
#pragma once

#include <functional>
#include <type_traits>

#include "platform/base/error.h"
#include "platform/pg/pqxx.h"
#include "platform/rpc/handler.h"

namespace ordersaga::participant {

// Runs `read` in a transaction and finishes the call with its status. A failing database is UNAVAILABLE, a full queue
// RESOURCE_EXHAUSTED; both carry RetryInfo. A call whose caller has gone costs no transaction. `pool` is a
// pg::PqxxPool, or for what writes a pg::SessionPool.
template <typename Session>
grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, pg::BasicPool<Session>& pool,
                               std::type_identity_t<std::function<absl::Status(typename Session::Transaction&)>> read) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool queued = pool.Submit([context, reactor, read = std::move(read)](Session& session) {
    if (context->IsCancelled()) return rpc::Finish(reactor, absl::CancelledError("the caller has given up"));
    const absl::Status status = session.Run(read);
    rpc::Finish(reactor, status.ok() ? status : pg::ForReader(status));
  });
  if (!queued) rpc::Finish(reactor, pg::TooManyReads());
  return reactor;
}

}  // namespace ordersaga::participant

// Answers a gRPC read on a pool's thread.
#pragma once

#include <functional>

#include "platform/base/error.h"
#include "platform/pg/pool.h"
#include "platform/rpc/handler.h"

namespace ordersaga::participant {

inline absl::Status TooManyReads() {
  return TryAgain(absl::StatusCode::kResourceExhausted, "TOO_BUSY", "too many reads are waiting", absl::Seconds(1));
}

// Runs `read` in a transaction and finishes the call with its status. A failing database is UNAVAILABLE, a full queue
// RESOURCE_EXHAUSTED; both carry RetryInfo. A call whose caller has gone costs no transaction.
inline grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, pg::SessionPool& pool,
                                      std::function<absl::Status(pg::Tx&)> read) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool queued = pool.Submit([context, reactor, read = std::move(read)](pg::Session& session) {
    if (context->IsCancelled()) return rpc::Finish(reactor, absl::CancelledError("the caller has given up"));
    const absl::Status status = session.Run(read);
    rpc::Finish(reactor, status.ok() ? status : pg::ForReader(status));
  });
  if (!queued) rpc::Finish(reactor, TooManyReads());
  return reactor;
}

}  // namespace ordersaga::participant

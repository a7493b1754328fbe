// Answers a gRPC read on a pool's thread.
#pragma once

#include <functional>

#include "platform/base/error.h"
#include "platform/pg/pool.h"
#include "platform/rpc/handler.h"

namespace ordersaga::participant {

// Runs `read` in a transaction and finishes the call with its status. A failing database is UNAVAILABLE, a full queue
// RESOURCE_EXHAUSTED; both carry RetryInfo.
inline grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, pg::SessionPool& pool,
                                      std::function<absl::Status(pg::Tx&)> read) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool queued = pool.Submit([reactor, read = std::move(read)](pg::Session& session) {
    const absl::Status status = session.Run(read);
    const bool ours = status.ok() || !ReasonOf(status).empty();
    rpc::Finish(reactor, ours ? status
                              : TryAgain(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE",
                                         "the database cannot be reached", absl::Seconds(1)));
  });
  if (!queued) {
    rpc::Finish(reactor, TryAgain(absl::StatusCode::kResourceExhausted, "TOO_BUSY", "too many reads are waiting",
                                  absl::Seconds(1)));
  }
  return reactor;
}

}  // namespace ordersaga::participant

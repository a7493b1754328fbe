// A transaction on one of a pool's threads whose outcome somebody waits for.
#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "platform/base/done.h"
#include "platform/base/error.h"
#include "platform/pg/pool.h"

namespace ordersaga::pg {

// Runs body(transaction), which returns what `done` is told: a T, or an absl::StatusOr of it. Errors are
// Session::Run's. False: the pool takes no more, and neither is called.
template <typename T, typename Session, typename Body>
bool TryRead(BasicPool<Session>& pool, Done<T> done, Body body) {
  return pool.Submit([done = std::move(done), body = std::move(body)](Session& session) {
    absl::StatusOr<T> result = absl::UnknownError("not read");
    const absl::Status status = session.Run([&](typename Session::Transaction& tx) {
      result = body(tx);
      return result.status();
    });
    done(status.ok() ? std::move(result) : status);
  });
}

// The same for those who only read: errors are as in ForReader, or RESOURCE_EXHAUSTED, reason TOO_MANY_READS.
template <typename T, typename Session, typename Body>
void Read(BasicPool<Session>& pool, Done<T> done, Body body) {
  const bool queued = TryRead<T>(
      pool, [done](absl::StatusOr<T> result) { done(result.ok() ? std::move(result) : ForReader(result.status())); },
      std::move(body));
  if (!queued) done(TooManyReads());
}

}  // namespace ordersaga::pg

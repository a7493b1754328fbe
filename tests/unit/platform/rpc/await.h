// Waiting for what gRPC brings about on threads of its own.
#pragma once

#include <gtest/gtest.h>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace ordersaga::rpc {

// Until it comes true; fails after 20 s.
template <typename Condition>
void Await(const Condition& condition, const char* what) {
  absl::Mutex mu;
  absl::MutexLock lock(&mu);
  const bool never = false;
  for (int i = 0; i < 2000 && !condition(); ++i) mu.AwaitWithTimeout(absl::Condition(&never), absl::Milliseconds(10));
  EXPECT_TRUE(condition()) << what;
}

}  // namespace ordersaga::rpc

// The life every long-running part lives. main() starts them in order and stops them in reverse.
#pragma once

#include "absl/status/status.h"

namespace ordersaga {

// All three are called from main's thread only and are safe to call twice.
class Service {
 public:
  virtual ~Service() = default;
  // Begins to work. An error ends the process; FAILED_PRECONDITION: until a person changes something.
  virtual absl::Status Start() = 0;
  // Takes no new work and finishes what it holds, within a bound of its own.
  virtual void Drain() {}
  // Ends all threads; what is not finished is left as a crash would leave it.
  virtual void Stop() = 0;
};

}  // namespace ordersaga

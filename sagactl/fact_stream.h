// What an audit reads, one fact after another.
#pragma once

#include "absl/status/status.h"

namespace ordersaga::cli {

// A stream of facts. Next() blocks; nullptr: the end, or a failure, which status() then tells. What it points to is
// valid until the Next() after. One thread. An answer that does not say that it is complete is a failure: it broke off,
// or it is not this service's.
template <typename Fact>
class FactStream {
 public:
  virtual ~FactStream() = default;
  virtual Fact* Next() = 0;
  virtual absl::Status status() const = 0;  // `who` could not be read, and why; OK at an ordinary end
};

}  // namespace ordersaga::cli

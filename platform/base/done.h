// Who is told when something that was asked for is there. Called once, on whatever thread has it; an error says why
// there is nothing.
#pragma once

#include <functional>

#include "absl/status/statusor.h"

namespace ordersaga {

template <typename T>
using Done = std::function<void(absl::StatusOr<T>)>;

}  // namespace ordersaga

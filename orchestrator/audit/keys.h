// Which saga an idempotency key belongs to. Pure.
#pragma once

#include <string_view>

namespace ordersaga::audit {

// True for the one text form of ids that we write: 36 characters, lower case.
bool IsOrderId(std::string_view text);

// The saga of "<saga_id>/<step>/action"; empty if the key is not of that form.
std::string_view SagaOf(std::string_view key, std::string_view step);

}  // namespace ordersaga::audit

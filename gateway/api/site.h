// Keeps web pages of other sites from using a gateway through somebody's browser: it answers only under names that are
// its own, and to pages that it has served itself. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "platform/http/message.h"

namespace ordersaga::gateway {

// PERMISSION_DENIED, HOST_NOT_ALLOWED: the Host is neither localhost, nor an address, nor one of `names` (a page whose
// name has been pointed at this machine would be taken for ours). FOREIGN_ORIGIN: a page of another site asks. Programs
// send no Origin, and may leave out the Host.
absl::Status CheckSite(const http::Request& request, const std::vector<std::string>& names);

}  // namespace ordersaga::gateway

// Who may call what of ours: one table for all programs. docs/security.md prints it; tests/e2e/test_policy.py compares,
// and tries every method with every kind of caller.
#pragma once

#include <vector>

#include "platform/access/policy.h"

namespace ordersaga::policy {

// Of every route of the gateway.
std::vector<access::Rule> Routes();

// Of every gRPC method. A program that serves one of somebody else's adds its rules to these.
std::vector<access::Rule> Rules();

}  // namespace ordersaga::policy

// `sagactl keys ...`: the API keys of clients and people, by the orchestrator's IdentityService.
#pragma once

#include "sagactl/options.h"

namespace ordersaga::cli {

// Each returns the exit code.
int RunKeys(const CreateKeyCommand& create, const Options& options, const Terminal& terminal);
int RunKeys(const ListKeysCommand& list, const Options& options, const Terminal& terminal);
int RunKeys(const RotateKeyCommand& rotate, const Options& options, const Terminal& terminal);
int RunKeys(const RevokeKeyCommand& revoke, const Options& options, const Terminal& terminal);

}  // namespace ordersaga::cli

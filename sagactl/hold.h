// Runs `sagactl hold`, `release` and `participants`.
#pragma once

#include "ordersaga/saga/v1/saga_admin.grpc.pb.h"
#include "sagactl/options.h"

namespace ordersaga::cli {

// Return the exit code.
int RunHold(const HoldCommand& hold, const Options& options, saga::v1::SagaAdminService::Stub& stub,
            const Terminal& terminal);
int RunHold(const ParticipantsCommand& participants, const Options& options, saga::v1::SagaAdminService::Stub& stub,
            const Terminal& terminal);

}  // namespace ordersaga::cli

// Runs `sagactl retry`, `pause`, `resume`, `cancel`, `compensate`, `settle`, `skip`. Before money moves, a person is
// shown what will happen and asked; the verb then counts for the saga as it was shown.
#pragma once

#include "ordersaga/saga/v1/saga_admin.grpc.pb.h"
#include "sagactl/options.h"

namespace ordersaga::cli {

// Returns the exit code.
int RunOperate(const OperateCommand& operate, const Options& options, saga::v1::SagaAdminService::Stub& stub,
               const Terminal& terminal);

}  // namespace ordersaga::cli

// One call of OrderService.WatchOrder: the journal so far, then what the watcher tells, then the order as it ended.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <functional>

#include "orchestrator/api/order_watcher.h"
#include "ordersaga/order/v1/order.pb.h"
#include "platform/access/principal.h"

namespace ordersaga::orchestrator {

// Whose call it is, and whether he still is: asked again every few seconds, since a key may be revoked meanwhile.
struct Watching {
  access::Principal caller;
  std::function<absl::Status()> still;
};

// The reactor of the call. Owns itself until gRPC is done with it.
grpc::ServerWriteReactor<order::v1::WatchOrderResponse>* StartWatchCall(const order::v1::WatchOrderRequest& request,
                                                                        Watching who, SagaReader& reader,
                                                                        OrderWatcher& watcher);

}  // namespace ordersaga::orchestrator

// What the engine makes of a participant's answer (only an OK reply is one), and
// small conversions. Pure. All text from outside is cleaned here.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "orchestrator/ports/participant.h"
#include "ordersaga/common/v1/common.pb.h"
#include "platform/rpc/call_group.h"
#include "platform/rpc/time.h"

namespace ordersaga::orchestrator {

// Any gRPC error: it may have happened. Asked again, except for INVALID_ARGUMENT,
// FAILED_PRECONDITION, PERMISSION_DENIED and UNAUTHENTICATED, which would come again. UNIMPLEMENTED
// is asked again: it is what a half-finished upgrade or a wrong address looks like, and both get
// repaired while the order waits.
OutcomeUnknown UnknownFrom(const grpc::Status& status);

// An OK reply that does not say what a reply must say. Not asked again: answers are stored, so the
// next one would be the same. An action is then undone, a compensation given to a person.
OutcomeUnknown NoAnswer(const std::string& what);

// A batch that ended well and left a call out.
OutcomeUnknown Unanswered();

// The answer to an action.
CallReply FromOutcome(common::v1::Outcome outcome, const std::string& reason, const std::string& message,
                      const std::string& evidence);

common::v1::Money ToProto(const Money& money);
Money FromProto(const common::v1::Money& money);

// What travels with every call for the order: the trace it belongs to.
rpc::Metadata MetadataOf(const Order& order);

// Adds the order's lines to a repeated field.
template <typename Lines>
void AddLines(const Order& order, Lines* lines) {
  for (const OrderLine& line : order.lines) {
    auto* added = lines->Add();
    added->set_item_id(line.item_id);
    added->set_quantity(line.quantity);
  }
}

// After `not_after` the participant must refuse the action; left out when there is no such time.
template <typename Request>
void SetNotAfter(absl::Time not_after, Request* request) {
  if (not_after < absl::InfiniteFuture()) *request->mutable_not_after() = rpc::ToProto(not_after);
}

}  // namespace ordersaga::orchestrator

// What every participant checks in a request before it costs a transaction. Each adds what is wrong to `problems`.
#pragma once

#include <string>
#include <vector>

#include <google/protobuf/timestamp.pb.h>

#include "ordersaga/common/v1/common.pb.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/participant/core/rules.h"
#include "platform/rpc/time.h"

namespace ordersaga::participant {

inline void CheckKey(const std::string& field, const std::string& text, std::vector<FieldViolation>& problems) {
  if (!IsName(text)) problems.push_back({field, kNameRule});
}

inline void CheckLines(const google::protobuf::RepeatedPtrField<common::v1::Line>& lines,
                       std::vector<FieldViolation>& problems) {
  if (lines.empty()) problems.push_back({"lines", "must have at least one line"});
  if (lines.size() > 100) problems.push_back({"lines", "must have at most 100 lines"});
  for (int i = 0; i < lines.size(); ++i) {
    CheckKey("lines[" + std::to_string(i) + "].item_id", lines[i].item_id(), problems);
    if (lines[i].quantity() < 1) {
      problems.push_back({"lines[" + std::to_string(i) + "].quantity", "must be at least 1"});
    }
  }
}

// The common head of an action's request.
template <typename Request>
ActionRequest ReadAction(const Request& request, std::vector<FieldViolation>& problems) {
  CheckKey("idempotency_key", request.idempotency_key(), problems);
  CheckKey("order_id", request.order_id(), problems);
  ActionRequest action;
  action.key = request.idempotency_key();
  action.order_id = request.order_id();
  if (request.has_not_after()) action.not_after = rpc::FromProto(request.not_after());
  return action;
}

// The common head of a compensation's request; `action_key` under the name the service gives it.
template <typename Request>
CompensationRequest ReadCompensation(const Request& request, const std::string& action_key_field,
                                     const std::string& action_key, std::vector<FieldViolation>& problems) {
  CheckKey("idempotency_key", request.idempotency_key(), problems);
  CheckKey(action_key_field, action_key, problems);
  CheckKey("order_id", request.order_id(), problems);
  CompensationRequest compensation;
  compensation.key = request.idempotency_key();
  compensation.action_key = action_key;
  compensation.order_id = request.order_id();
  if (request.has_not_after()) compensation.not_after = rpc::FromProto(request.not_after());
  return compensation;
}

// The common part of an action's response.
template <typename Response>
void FillOutcome(const ActionAnswer& answer, Response* response) {
  response->set_outcome(answer.applied ? common::v1::OUTCOME_APPLIED : common::v1::OUTCOME_REJECTED);
  response->set_reason(answer.reason);
  response->set_message(answer.message);
}

}  // namespace ordersaga::participant

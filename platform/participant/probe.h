// What people and audits read, the same in every participant: the probe of one key, and streams of effects.
#pragma once

#include <functional>
#include <utility>

#include "ordersaga/common/v1/common.pb.h"
#include "platform/participant/effect_store.h"
#include "platform/participant/reads.h"
#include "platform/participant/request_checks.h"

namespace ordersaga::participant {

// A tombstone is a rejection: the action will never happen. An undoing under way shows as undo_requested.
inline common::v1::EffectState ToProto(EffectState state) {
  switch (state) {
    case EffectState::kInProgress:
      return common::v1::EFFECT_STATE_IN_PROGRESS;
    case EffectState::kApplied:
    case EffectState::kReversing:
      return common::v1::EFFECT_STATE_APPLIED;
    case EffectState::kRejected:
    case EffectState::kVoided:
      return common::v1::EFFECT_STATE_REJECTED;
    case EffectState::kReversed:
      return common::v1::EFFECT_STATE_REVERSED;
  }
  return common::v1::EFFECT_STATE_UNSPECIFIED;
}

inline void ToProto(const EffectRecord& record, common::v1::Effect* effect) {
  effect->set_idempotency_key(record.action_key);
  effect->set_order_id(record.order_id);
  // Nobody knows yet what became of an action whose undoing was asked for before it had answered.
  const bool unknown = record.state == EffectState::kReversing && record.answer.empty();
  effect->set_state(unknown ? common::v1::EFFECT_STATE_IN_PROGRESS : ToProto(record.state));
  effect->set_undo_requested(record.undo_requested && record.state != EffectState::kReversed);
  effect->set_reason(record.state == EffectState::kVoided ? kCompensated : record.reason);
  effect->set_message(record.message);
  effect->set_answer(record.answer);
  effect->set_compensation_key(record.compensation_key);
  if (record.not_after.has_value()) *effect->mutable_not_after() = rpc::ToProto(*record.not_after);
  *effect->mutable_created_at() = rpc::ToProto(record.created_at);
  *effect->mutable_updated_at() = rpc::ToProto(record.updated_at);
}

// GetEffect of a service. `otherwise` looks for keys that are kept elsewhere: false, if it knows nothing of it either.
inline grpc::ServerUnaryReactor* Probe(grpc::CallbackServerContext* context, pg::SessionPool& reads,
                                       const EffectStore& effects, const common::v1::GetEffectRequest* request,
                                       common::v1::GetEffectResponse* response,
                                       std::function<bool(pg::Tx&, common::v1::Effect*)> otherwise = nullptr) {
  std::vector<FieldViolation> problems;
  CheckKey("idempotency_key", request->idempotency_key(), problems);
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  return Read(context, reads, [&effects, request, response, otherwise = std::move(otherwise)](pg::Tx& tx) {
    const auto record = effects.Find(tx, request->idempotency_key());
    if (record.has_value()) {
      ToProto(*record, response->mutable_effect());
    } else if (otherwise == nullptr || !otherwise(tx, response->mutable_effect())) {
      response->mutable_effect()->set_idempotency_key(request->idempotency_key());
      response->mutable_effect()->set_state(common::v1::EFFECT_STATE_UNSEEN);
    }
    return absl::OkStatus();
  });
}

}  // namespace ordersaga::participant

// What people and audits read, the same in every participant: the probe of one key, and streams of effects.
#pragma once

#include "ordersaga/common/v1/common.pb.h"
#include "platform/participant/grpc/reads.h"
#include "platform/participant/grpc/request_checks.h"
#include "platform/participant/store/effect_store.h"

namespace ordersaga::participant {

// The same states, in the same order, behind UNSPECIFIED and UNSEEN.
inline common::v1::EffectState ToProto(EffectState state) {
  static_assert(common::v1::EFFECT_STATE_IN_PROGRESS == static_cast<int>(EffectState::kInProgress) + 2);
  static_assert(common::v1::EFFECT_STATE_SETTLED == static_cast<int>(EffectState::kSettled) + 2);
  return static_cast<common::v1::EffectState>(static_cast<int>(state) + 2);
}

inline void ToProto(const EffectRecord& record, common::v1::Effect* effect) {
  effect->set_idempotency_key(record.action_key);
  effect->set_order_id(record.order_id);
  effect->set_state(ToProto(record.state));
  effect->set_undo_requested(record.undo_requested && UnderWay(record));
  if (record.settled.has_value()) {
    effect->set_reason(record.settled->reason);
    effect->set_message(record.settled->message);
    effect->set_answer(record.settled->answer);
  }
  effect->set_compensation_key(record.compensation_key);
  if (record.not_after.has_value()) *effect->mutable_not_after() = rpc::ToProto(*record.not_after);
  *effect->mutable_created_at() = rpc::ToProto(record.created_at);
  *effect->mutable_updated_at() = rpc::ToProto(record.updated_at);
}

// GetEffect of a service.
inline grpc::ServerUnaryReactor* Probe(grpc::CallbackServerContext* context, pg::PqxxPool& reads,
                                       const EffectStore& effects, const common::v1::GetEffectRequest* request,
                                       common::v1::GetEffectResponse* response) {
  std::vector<FieldViolation> problems;
  CheckKey("idempotency_key", request->idempotency_key(), problems);
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  return Read(context, reads, [&effects, request, response](pg::PqxxTx& tx) {
    const auto record = effects.Find(tx, request->idempotency_key());
    if (record.has_value()) {
      ToProto(*record, response->mutable_effect());
    } else {
      response->mutable_effect()->set_idempotency_key(request->idempotency_key());
      response->mutable_effect()->set_state(common::v1::EFFECT_STATE_UNSEEN);
    }
    return absl::OkStatus();
  });
}

}  // namespace ordersaga::participant

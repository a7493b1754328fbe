#include "services/notification/store/notice_effects.h"

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/runtime/log.h"

namespace ordersaga::notification {
namespace {

using participant::ProviderReply;

Notice NoticeOf(const participant::EffectRecord& record) {
  return DecodeNotice(record.action_key, record.order_id, record.request);
}

ProviderReply ReplyOf(const std::string& key, const absl::Status& sent) {
  if (sent.ok()) return {ProviderReply::Kind::kDone, MessageIdOf(key)};
  return {ProviderReply::Kind::kUnknown, "", "NOT_SENT", MessageOf(sent), absl::Seconds(1)};
}

}  // namespace

void NoticeEffects::Do(const participant::Ask& ask, Done done) {
  const participant::EffectRecord& record = ask.record;
  FaultPoint("notification.before_send");
  sender_.Send(Compose(NoticeOf(record), from_, record.created_at),
               [key = record.action_key, done = std::move(done)](const absl::Status& sent) {
                 FaultPoint("notification.sent_not_marked");
                 done(ReplyOf(key, sent));
               });
}

void NoticeEffects::Settled(participant::Ask::What /*what*/, const participant::Outcome& outcome) const {
  if (!outcome.action.applied) return;
  const participant::EffectRecord& record = outcome.record;
  LogInfo("e-mail sent", {{"order_id", record.order_id},
                          {"kind", std::string(Name(NoticeOf(record).kind))},
                          {"message_id", outcome.action.answer}});
}

}  // namespace ordersaga::notification

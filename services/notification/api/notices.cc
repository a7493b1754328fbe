#include "services/notification/api/notices.h"

#include "platform/runtime/log.h"

namespace ordersaga::notification {
namespace {

Item MakeItem(std::string key, absl::Time deadline, decltype(Item::ask) ask, Notices::Done done) {
  Item item;
  item.action_key = std::move(key);
  item.deadline = deadline;
  item.ask = std::move(ask);
  item.done = std::move(done);
  return item;
}

}  // namespace

Notices::Notices(participant::TurnLoopOptions options, const Clock& clock, Sender& sender, std::string from)
    : session_(options.session),
      sender_(sender),
      from_(std::move(from)),
      loop_(std::move(options), clock,
            {[this](pg::Tx& tx, std::vector<Item>& items, DatabaseClock& clock) {
               return turn_.Handle(tx, items, clock);
             },
             [this](Item& item) { OnCommitted(item); },
             [this](Item& item, const absl::Status& status) { OnFailed(item, status); }, "notification"}) {}

absl::Status Notices::Start() {
  pg::Session session(session_);
  std::vector<participant::EffectRecord> unsettled;
  const absl::Status status = session.Run([&](pg::Tx& tx) {
    unsettled = participant::EffectStore().Unsettled(tx);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (absl::Status started = loop_.Start(); !started.ok()) return started;
  for (const participant::EffectRecord& record : unsettled) {
    loop_.Continue(MakeItem(record.action_key, absl::InfiniteFuture(), Resume{}, nullptr));
  }
  return absl::OkStatus();
}

void Notices::Notify(Begin ask, absl::Time deadline, Done done) {
  std::string key = ask.request.key;
  loop_.Submit(MakeItem(std::move(key), deadline, std::move(ask), std::move(done)));
}

void Notices::OnCommitted(Item& item) {
  if (std::holds_alternative<Finish>(item.ask)) {
    FaultPoint("notification.marked");
    if (item.outcome.action.applied) {
      LogInfo("e-mail sent", {{"order_id", item.notice.order_id},
                              {"kind", std::string(Name(item.notice.kind))},
                              {"message_id", item.outcome.action.answer}});
    }
    return Answer(item.action_key, item.outcome);
  }
  if (!item.send) {
    if (item.done) item.done(item.outcome);
    return;
  }
  const auto [waiting, fresh] = sending_.try_emplace(item.action_key);
  if (item.done) waiting->second.push_back(std::move(item.done));
  if (!fresh) return;
  FaultPoint("notification.before_send");
  sender_.Send(Compose(item.notice, from_, item.created_at), [this, key = item.action_key](const absl::Status& sent) {
    FaultPoint("notification.sent_not_marked");
    loop_.Continue(MakeItem(key, absl::InfiniteFuture(), Finish{sent}, nullptr));
  });
}

void Notices::OnFailed(Item& item, const absl::Status& status) {
  Outcome outcome;
  outcome.status = status;
  if (std::holds_alternative<Finish>(item.ask)) return Answer(item.action_key, outcome);
  if (item.done) item.done(outcome);
}

void Notices::Answer(const std::string& key, const Outcome& outcome) {
  const auto waiting = sending_.extract(key);
  if (waiting.empty()) return;
  for (const Done& done : waiting.mapped()) done(outcome);
}

}  // namespace ordersaga::notification

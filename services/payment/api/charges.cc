#include "services/payment/api/charges.h"

#include "platform/runtime/log.h"

namespace ordersaga::payment {
namespace {

Item MakeItem(std::string key, absl::Time deadline, decltype(Item::ask) ask, Charges::Done done) {
  Item item;
  item.action_key = std::move(key);
  item.deadline = deadline;
  item.ask = std::move(ask);
  item.done = std::move(done);
  return item;
}

bool IsFinish(const Item& item) {
  return std::holds_alternative<FinishCharge>(item.ask) || std::holds_alternative<FinishRefund>(item.ask) ||
         std::holds_alternative<FinishPartOf>(item.ask);
}

void LogOutcome(const Item& item) {
  const Outcome& outcome = item.outcome;
  if (!outcome.status.ok()) return;
  if (std::holds_alternative<FinishCharge>(item.ask)) {
    LogInfo(outcome.action.applied ? "payment successful" : "payment failed",
            {{"order_id", item.order_id}, {"charge_id", outcome.action.answer}, {"reason", outcome.action.reason}});
  } else if (std::holds_alternative<FinishPartOf>(item.ask)) {
    LogInfo(outcome.action.applied ? "partial refund done" : "partial refund refused",
            {{"order_id", item.order_id}, {"refund_id", outcome.action.answer}, {"reason", outcome.action.reason}});
  } else if (outcome.money_moved) {
    LogInfo("refund done", {{"order_id", item.order_id}, {"refund_id", outcome.refund_id}});
  }
}

}  // namespace

Charges::Charges(participant::TurnLoopOptions options, const Clock& clock, Provider& provider)
    : session_(options.session),
      provider_(provider),
      turn_([this](const std::string& key) { return calls_.contains(key); }),
      loop_(std::move(options), clock,
            {[this](pg::Tx& tx, std::vector<Item>& items, DatabaseClock& clock) {
               return turn_.Handle(tx, items, clock);
             },
             [this](Item& item) { OnCommitted(item); },
             [this](Item& item, const absl::Status& status) { OnFailed(item, status); }, "payment"}) {}

absl::Status Charges::Start() {
  pg::Session session(session_);
  std::vector<participant::EffectRecord> unsettled;
  std::vector<PartialRefund> refunds;
  const absl::Status status = session.Run([&](pg::Tx& tx) {
    unsettled = participant::EffectStore().Unsettled(tx);
    refunds = Ledger().UnsettledRefunds(tx);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (absl::Status started = loop_.Start(); !started.ok()) return started;
  for (const participant::EffectRecord& record : unsettled) {
    loop_.Continue(MakeItem(record.action_key, absl::InfiniteFuture(), Resume{}, nullptr));
  }
  for (const PartialRefund& refund : refunds) {
    loop_.Continue(MakeItem(refund.charge_key, absl::InfiniteFuture(), ResumePart{refund.key}, nullptr));
  }
  if (!unsettled.empty() || !refunds.empty()) {
    LogInfo("resuming", {{"keys", std::to_string(unsettled.size() + refunds.size())}});
  }
  return absl::OkStatus();
}

void Charges::Charge(BeginCharge ask, absl::Time deadline, Done done) {
  std::string key = ask.request.key;
  loop_.Submit(MakeItem(std::move(key), deadline, std::move(ask), std::move(done)));
}

void Charges::Refund(BeginRefund ask, absl::Time deadline, Done done) {
  std::string key = ask.request.action_key;
  loop_.Submit(MakeItem(std::move(key), deadline, std::move(ask), std::move(done)));
}

void Charges::RefundAmount(BeginPart ask, absl::Time deadline, Done done) {
  std::string key = ask.refund.charge_key;
  loop_.Submit(MakeItem(std::move(key), deadline, std::move(ask), std::move(done)));
}

void Charges::OnCommitted(Item& item) {
  if (IsFinish(item)) {
    LogOutcome(item);
    Finish(item.action_key, item.outcome);
  } else if (item.answered && item.done) {
    item.done(item.outcome);
    item.done = nullptr;
  }
  if (item.next != Ask::kNothing) Join(item);
}

void Charges::OnFailed(Item& item, const absl::Status& status) {
  Outcome outcome;
  outcome.status = status;
  // What the provider said is lost here, but not there: whoever asks again asks it again.
  if (IsFinish(item)) return Finish(item.action_key, outcome);
  if (item.done) item.done(outcome);
}

void Charges::Join(Item& item) {
  const std::string refund_key = item.next == Ask::kPart ? item.part.key : "";
  const auto [call, fresh] = calls_.try_emplace(item.action_key, Call{item.next, refund_key, {}});
  if (!fresh && (call->second.ask != item.next || call->second.refund_key != refund_key)) {
    Outcome busy;
    busy.status = TryAgain(absl::StatusCode::kUnavailable, "IN_PROGRESS", "another call for this charge is under way",
                           absl::Milliseconds(300));
    if (item.done) item.done(busy);
    return;
  }
  if (item.done) call->second.waiting.push_back(std::move(item.done));
  if (fresh) CallProvider(item);
}

void Charges::CallProvider(const Item& item) {
  const std::string key = item.action_key;
  const auto back = [this, key](auto ask) {
    loop_.Continue(MakeItem(key, absl::InfiniteFuture(), std::move(ask), nullptr));
  };
  switch (item.next) {
    case Ask::kNothing:
      return;
    case Ask::kCharge:
      LogInfo("payment processing", {{"order_id", item.order_id}});
      return provider_.Charge(item.order, [back](Provider::Reply reply) { back(FinishCharge{std::move(reply)}); });
    case Ask::kRefund:
      return provider_.Refund(item.order, [back](Provider::Reply reply) { back(FinishRefund{std::move(reply)}); });
    case Ask::kPart:
      return provider_.RefundAmount(item.order, item.part.key, item.part.amount,
                                    [back, refund_key = item.part.key](Provider::Reply reply) {
                                      back(FinishPartOf{refund_key, std::move(reply)});
                                    });
  }
}

void Charges::Finish(const std::string& key, const Outcome& outcome) {
  const auto call = calls_.find(key);
  if (call == calls_.end()) return;
  const std::vector<Done> waiting = std::move(call->second.waiting);
  calls_.erase(call);
  for (const Done& done : waiting) done(outcome);
}

}  // namespace ordersaga::payment

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
  return std::holds_alternative<FinishCharge>(item.ask) || std::holds_alternative<FinishRefund>(item.ask);
}

void LogOutcome(const Item& item) {
  if (!item.outcome.status.ok()) return;
  if (std::holds_alternative<FinishCharge>(item.ask)) {
    LogInfo(item.outcome.applied ? "payment successful" : "payment failed",
            {{"order_id", item.order_id}, {"charge_id", item.outcome.id}, {"reason", item.outcome.reason}});
  } else if (item.outcome.money_moved) {
    LogInfo("refund done", {{"order_id", item.order_id}, {"refund_id", item.outcome.id}});
  }
}

}  // namespace

Charges::Charges(participant::TurnLoopOptions options, const Clock& clock, Provider& provider)
    : session_(options.session),
      provider_(provider),
      turn_([this](const std::string& key) { return calls_.contains(key); }),
      loop_(std::move(options), clock,
            {[this](pg::Tx& tx, std::vector<Item>& items) { return turn_.Handle(tx, items); },
             [this](Item& item) { OnCommitted(item); },
             [this](Item& item, const absl::Status& status) { OnFailed(item, status); }, "payment"}) {}

absl::Status Charges::Start() {
  pg::Session session(session_);
  std::vector<participant::EffectRecord> unsettled;
  const absl::Status status = session.Run([&](pg::Tx& tx) {
    unsettled = participant::EffectStore().Unsettled(tx);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  if (absl::Status started = loop_.Start(); !started.ok()) return started;
  for (const participant::EffectRecord& record : unsettled) {
    loop_.Submit(MakeItem(record.action_key, absl::InfiniteFuture(), Resume{}, nullptr));
  }
  if (!unsettled.empty()) LogInfo("resuming", {{"keys", std::to_string(unsettled.size())}});
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

void Charges::OnCommitted(Item& item) {
  switch (item.next) {
    case Next::kCallCharge:
      return Join(item, /*refund=*/false);
    case Next::kCallRefund:
      return Join(item, /*refund=*/true);
    case Next::kAnswer:
    case Next::kAnswerAndCallRefund:
      break;
  }
  if (!IsFinish(item)) {
    if (item.done) item.done(item.outcome);
    return;
  }
  LogOutcome(item);
  Finish(item.action_key, item.outcome);
  if (item.next == Next::kAnswerAndCallRefund) Join(item, /*refund=*/true);
}

void Charges::OnFailed(Item& item, const absl::Status& status) {
  Outcome outcome;
  outcome.status = status;
  // What the provider said is lost here, but not there: whoever asks again asks it again.
  if (IsFinish(item)) return Finish(item.action_key, outcome);
  if (item.done) item.done(outcome);
}

void Charges::Join(Item& item, bool refund) {
  const auto [call, fresh] = calls_.try_emplace(item.action_key, Call{refund, {}});
  if (!fresh && call->second.refund != refund) {
    Outcome busy;
    busy.status = TryAgain(absl::StatusCode::kUnavailable, "IN_PROGRESS", "another call for this charge is under way",
                           absl::Milliseconds(300));
    if (item.done) item.done(busy);
    return;
  }
  // A Finish item's own `done` has been called already.
  if (item.done && !IsFinish(item)) call->second.waiting.push_back(std::move(item.done));
  if (fresh) CallProvider(item, refund);
}

void Charges::CallProvider(const Item& item, bool refund) {
  const std::string key = item.action_key;
  if (refund) {
    provider_.Refund(item.order, [this, key](RefundResult result) {
      loop_.Submit(MakeItem(key, absl::InfiniteFuture(), FinishRefund{std::move(result)}, nullptr));
    });
    return;
  }
  LogInfo("payment processing", {{"order_id", item.order_id}});
  provider_.Charge(item.order, [this, key](ChargeResult result) {
    loop_.Submit(MakeItem(key, absl::InfiniteFuture(), FinishCharge{std::move(result)}, nullptr));
  });
}

void Charges::Finish(const std::string& key, const Outcome& outcome) {
  const auto call = calls_.find(key);
  if (call == calls_.end()) return;
  const std::vector<Done> waiting = std::move(call->second.waiting);
  calls_.erase(call);
  for (const Done& done : waiting) done(outcome);
}

}  // namespace ordersaga::payment

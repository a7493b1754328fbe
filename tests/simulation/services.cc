#include "tests/simulation/services.h"

#include "orchestrator/audit/judge.h"

#include <algorithm>
#include <utility>

namespace ordersaga::sim {

using orchestrator::Applied;
using orchestrator::CallReply;
using orchestrator::CallRequest;
using orchestrator::OutcomeUnknown;
using orchestrator::Rejected;
using orchestrator::StepId;
using orchestrator::Undone;
using participant::ActionVerdict;
using participant::CompensationVerdict;
using participant::EffectState;
using participant::ProviderReply;

namespace {

participant::ActionRequest ActionOf(const CallRequest& request) {
  return {request.key, request.order->id.ToString(), "the same body", request.not_after};
}

participant::CompensationRequest CompensationOf(const CallRequest& request) {
  return {request.key, request.action_key, request.order->id.ToString(), request.not_after};
}

CallReply ReplyOf(const participant::EffectRecord& record) {
  const participant::ActionAnswer answer = participant::AnswerOf(record);
  if (answer.applied) return Applied{answer.answer};
  return Rejected{answer.reason, answer.message};
}

std::vector<audit::Line> LinesOf(const orchestrator::Order& order) {
  std::vector<audit::Line> lines;
  for (const orchestrator::OrderLine& line : order.lines) lines.push_back({line.item_id, line.quantity});
  return lines;
}

CallReply ComeBack(const char* why) {
  return OutcomeUnknown{why, true, std::nullopt};
}

CallReply KeyReused() {
  return OutcomeUnknown{participant::kKeyReused, false, std::nullopt};
}

}  // namespace

ProviderReply PaymentProvider::Charge(const std::string& key) {
  Account& account = accounts_[key];
  const bool no_answer = world_.Chance(silent);
  if (no_answer) world_.Hit(Fault::kProviderSilent);
  if (no_answer && world_.Chance(0.5)) return {};  // lost on the way there
  if (!account.decided) {
    account.decided = true;
    account.declined = world_.Chance(declines);
  }
  if (account.barred || account.declined) {
    return {ProviderReply::Kind::kRefused, "", account.barred ? "BARRED" : "CARD_DECLINED", "declined"};
  }
  if (!account.charged) {
    account.charged = true;
    ++truth_.payments[key].charges;
    world_.Tell("provider: charged {}", key);
  }
  if (no_answer) return {};
  return {ProviderReply::Kind::kDone, "ch_" + key, "", ""};
}

ProviderReply PaymentProvider::Refund(const std::string& key, const std::string& order) {
  Account& account = accounts_[key];
  if (world_.Chance(refund_fails)) {
    world_.Hit(Fault::kRefundFails);
    return {};
  }
  account.barred = true;
  if (!account.charged) return {ProviderReply::Kind::kRefused, "", "NOTHING_CHARGED", ""};
  if (!account.refunded) {
    account.refunded = true;
    ++truth_.payments[key].refunds;
    world_.Tell("provider: refunded {}", key);
    truth_.on_undone(order);
  }
  return {ProviderReply::Kind::kDone, "rf_" + key, "", ""};
}

const Services::Record* Services::Find(const std::string& key) const {
  const auto found = records_.find(key);
  return found == records_.end() ? nullptr : &found->second;
}

void Services::Crash(StepId service) {
  if (!down_.insert(service).second) return;
  if (service != StepId::kPayment) return;
  if (!charges_.empty() || !refunds_.empty()) world_.Hit(Fault::kServiceCrash);
  ++payment_incarnation_;
  charges_.clear();
  refunds_.clear();
}

void Services::Restart(StepId service) {
  if (down_.erase(service) == 0 || service != StepId::kPayment) return;
  for (const auto& [key, record] : records_) {
    if (record.state == EffectState::kInProgress) AskProvider(key);
    if (record.state == EffectState::kReversing) AskProviderToUndo(key);
  }
}

void Services::Handle(const CallRequest& request, Reply reply) {
  if (down_.contains(request.participant)) return reply(ComeBack("UNAVAILABLE: connection refused"));
  switch (request.participant) {
    case StepId::kPayment:
      return request.compensation ? Refund(request, std::move(reply)) : Charge(request, std::move(reply));
    case StepId::kInventory:
      return request.compensation ? Release(request, std::move(reply)) : Reserve(request, std::move(reply));
    case StepId::kNotification:
      return Notify(request, std::move(reply));
  }
}

void Services::Charge(const CallRequest& request, Reply reply) {
  const participant::ActionRequest action = ActionOf(request);
  truth_.payments[action.key].asked = request.order->total;
  truth_.payments[action.key].user_email = request.order->user_email;
  const Record* stored = Find(action.key);
  switch (participant::JudgeAction(stored, action, world_.Time())) {
    case ActionVerdict::kAnswerStored:
    case ActionVerdict::kRejectVoided:
      return reply(ReplyOf(*stored));
    case ActionVerdict::kKeyReused:
      return reply(KeyReused());
    case ActionVerdict::kRejectExpired: {
      Record record = participant::NewRecord(action, world_.Time());
      participant::Reject(record, participant::kExpired, "too late");
      records_.insert_or_assign(action.key, record);
      return reply(ReplyOf(record));
    }
    case ActionVerdict::kApply:
      records_.insert_or_assign(action.key, participant::NewRecord(action, world_.Time()));
      break;
    case ActionVerdict::kInProgress:
      break;
  }
  charges_[action.key].waiting.push_back(std::move(reply));
  AskProvider(action.key);
}

void Services::AskProvider(const std::string& key) {
  UnderWay& call = charges_[key];
  if (std::exchange(call.calling, true)) return;
  const int incarnation = payment_incarnation_;
  world_.After(Trip(), [this, key, incarnation] {
    const ProviderReply answer = provider.Charge(key);
    world_.After(Trip(), [this, key, incarnation, answer] {
      if (incarnation != payment_incarnation_) return;
      auto call = charges_.extract(key);
      if (const auto record = participant::FinishAction(records_.at(key), answer, world_.Time())) {
        records_.insert_or_assign(key, *record);
      }
      const Record& now = records_.at(key);
      for (Reply& waiting : call.mapped().waiting) {
        waiting(now.state == EffectState::kInProgress ? ComeBack("the provider did not answer") : ReplyOf(now));
      }
      if (now.state == EffectState::kReversing) AskProviderToUndo(key);
    });
  });
}

void Services::Refund(const CallRequest& request, Reply reply) {
  const participant::CompensationRequest undo = CompensationOf(request);
  const Record* stored = Find(undo.action_key);
  switch (participant::JudgeCompensation(stored, undo)) {
    case CompensationVerdict::kVoid:
      records_.insert_or_assign(undo.action_key, participant::Tombstone(undo, world_.Time()));
      return reply(Undone{});
    case CompensationVerdict::kNothingToUndo:
      return reply(Undone{});
    case CompensationVerdict::kAnswerStored:
      return reply(Undone{true, request.order->total, stored->undo_answer});
    case CompensationVerdict::kKeyReused:
      return reply(KeyReused());
    case CompensationVerdict::kUndo:
    case CompensationVerdict::kUndoOnCompletion: {
      const bool calling = charges_.contains(undo.action_key);
      records_.insert_or_assign(undo.action_key, participant::BeginUndo(*stored, undo, calling, world_.Time()));
      if (records_.at(undo.action_key).state != EffectState::kReversing) {
        return reply(ComeBack("the charge is still under way; it will be undone"));
      }
      break;
    }
    case CompensationVerdict::kInProgress:
      break;
  }
  refunds_[undo.action_key].waiting.push_back(
      [reply = std::move(reply), total = request.order->total](CallReply answer) {
        if (auto* undone = std::get_if<Undone>(&answer); undone != nullptr && undone->undone) undone->amount = total;
        reply(std::move(answer));
      });
  AskProviderToUndo(undo.action_key);
}

void Services::AskProviderToUndo(const std::string& key) {
  UnderWay& call = refunds_[key];
  if (std::exchange(call.calling, true)) return;
  const int incarnation = payment_incarnation_;
  world_.After(Trip(), [this, key, incarnation] {
    const ProviderReply answer = provider.Refund(key, records_.at(key).order_id);
    world_.After(Trip(), [this, key, incarnation, answer] {
      if (incarnation != payment_incarnation_) return;
      auto call = refunds_.extract(key);
      if (const auto record = participant::FinishUndo(records_.at(key), answer, world_.Time())) {
        records_.insert_or_assign(key, *record);
      }
      const Record& now = records_.at(key);
      CallReply reply = ComeBack("the provider could not refund");
      if (now.state == EffectState::kReversed) reply = Undone{true, std::nullopt, now.undo_answer};
      if (now.state == EffectState::kVoided) reply = Undone{};
      for (Reply& waiting : call.mapped().waiting) waiting(reply);
    });
  });
}

void Services::Reserve(const CallRequest& request, Reply reply) {
  const participant::ActionRequest action = ActionOf(request);
  truth_.asked[action.key] = LinesOf(*request.order);
  const Record* stored = Find(action.key);
  Record record = participant::NewRecord(action, world_.Time());
  switch (participant::JudgeAction(stored, action, world_.Time())) {
    case ActionVerdict::kAnswerStored:
    case ActionVerdict::kRejectVoided:
    case ActionVerdict::kInProgress:
      return reply(ReplyOf(*stored));
    case ActionVerdict::kKeyReused:
      return reply(KeyReused());
    case ActionVerdict::kRejectExpired:
      participant::Reject(record, participant::kExpired, "too late");
      break;
    case ActionVerdict::kApply: {
      std::map<std::string, std::int64_t> wanted;
      for (const orchestrator::OrderLine& line : request.order->lines) wanted[line.item_id] += line.quantity;
      const bool enough = std::all_of(wanted.begin(), wanted.end(), [&](const auto& want) {
        const auto product = truth_.stock.find(want.first);
        return product != truth_.stock.end() && product->second >= want.second;
      });
      if (!enough) {
        participant::Reject(record, "OUT_OF_STOCK", "not enough");
        break;
      }
      for (const orchestrator::OrderLine& line : request.order->lines) truth_.stock[line.item_id] -= line.quantity;
      truth_.held[action.key] = LinesOf(*request.order);
      record.state = EffectState::kApplied;
      record.answer = "rs_" + action.key;
      world_.Tell("inventory: reserved {}", action.key);
    }
  }
  records_.insert_or_assign(action.key, record);
  reply(ReplyOf(record));
}

void Services::Release(const CallRequest& request, Reply reply) {
  const participant::CompensationRequest undo = CompensationOf(request);
  const Record* stored = Find(undo.action_key);
  switch (participant::JudgeCompensation(stored, undo)) {
    case CompensationVerdict::kVoid:
      records_.insert_or_assign(undo.action_key, participant::Tombstone(undo, world_.Time()));
      return reply(Undone{});
    case CompensationVerdict::kNothingToUndo:
    case CompensationVerdict::kUndoOnCompletion:
    case CompensationVerdict::kInProgress:
      return reply(Undone{});
    case CompensationVerdict::kAnswerStored:
      return reply(Undone{true, std::nullopt, "released"});
    case CompensationVerdict::kKeyReused:
      return reply(KeyReused());
    case CompensationVerdict::kUndo:
      break;
  }
  Record record = participant::BeginUndo(*stored, undo, false, world_.Time());
  record.state = EffectState::kReversed;
  for (const audit::Line& line : truth_.held[undo.action_key]) truth_.stock[line.item_id] += line.quantity;
  truth_.held.erase(undo.action_key);
  records_.insert_or_assign(undo.action_key, record);
  world_.Tell("inventory: released {}", undo.action_key);
  truth_.on_undone(undo.order_id);
  reply(Undone{true, std::nullopt, "released"});
}

void Services::Notify(const CallRequest& request, Reply reply) {
  const participant::ActionRequest action = ActionOf(request);
  truth_.notices[action.key] = {action.key,
                                action.order_id,
                                audit::EffectState::kInProgress,
                                "",
                                audit::KindFor(request.ending, request.refunded.minor > 0),
                                request.order->user_email,
                                LinesOf(*request.order),
                                request.order->total,
                                request.refunded.minor};
  const Record* stored = Find(action.key);
  Record record = participant::NewRecord(action, world_.Time());
  switch (participant::JudgeAction(stored, action, world_.Time())) {
    case ActionVerdict::kApply:
      ++truth_.letters[action.order_id];
      record.state = EffectState::kApplied;
      record.answer = "<" + action.key + ">";
      break;
    case ActionVerdict::kRejectExpired:
      participant::Reject(record, participant::kExpired, "too late");
      break;
    case ActionVerdict::kAnswerStored:
    case ActionVerdict::kRejectVoided:
    case ActionVerdict::kInProgress:
      return reply(ReplyOf(*stored));
    case ActionVerdict::kKeyReused:
      return reply(KeyReused());
  }
  records_.insert_or_assign(action.key, record);
  reply(ReplyOf(record));
}

}  // namespace ordersaga::sim

#include "tests/simulation/services.h"

#include <utility>

#include "orchestrator/audit/judge.h"
#include "services/inventory/domain/stock.h"
#include "services/payment/domain/charge_order.h"

namespace ordersaga::sim {

using orchestrator::Applied;
using orchestrator::CallReply;
using orchestrator::CallRequest;
using orchestrator::OutcomeUnknown;
using orchestrator::Rejected;
using orchestrator::Undone;
using participant::ActionAnswer;
using participant::EffectRecord;
using participant::Outcome;
using participant::ProviderReply;

namespace {

CallReply ReplyOf(const CallRequest& request, const Outcome& outcome) {
  if (!outcome.status.ok()) {
    return OutcomeUnknown{std::string(outcome.status.message()), absl::IsUnavailable(outcome.status), std::nullopt};
  }
  if (request.compensation) {
    if (!outcome.undone) return Undone{};
    const bool money = request.participant == "payment";
    return Undone{true, money ? std::optional(payment::DecodeOrder(outcome.record).amount) : std::nullopt,
                  outcome.record.undo_answer, outcome.by_hand};
  }
  if (outcome.action.applied) return Applied{outcome.action.answer};
  return Rejected{outcome.action.reason, outcome.action.message};
}

audit::Notice NoticeOf(const CallRequest& request) {
  std::vector<audit::Line> lines;
  for (const orchestrator::OrderLine& line : request.order->lines) lines.push_back({line.item_id, line.quantity});
  return {request.key,
          request.order->id.ToString(),
          audit::EffectState::kInProgress,
          "",
          request.notice,
          request.order->user_email,
          std::move(lines),
          request.order->total,
          request.refunded.minor};
}

std::string BodyOf(const CallRequest& request) {
  if (request.participant == "payment") {
    return payment::EncodeOrder({request.key, request.order->total, request.order->user_email});
  }
  if (request.participant == "inventory") {
    std::vector<inventory::Line> lines;
    for (const orchestrator::OrderLine& line : request.order->lines) lines.push_back({line.item_id, line.quantity});
    return inventory::EncodeLines(lines);
  }
  if (request.participant == "loyalty") return fmt::format("{}", request.order->total.minor / 100);
  return fmt::format("{} {}", static_cast<int>(NoticeOf(request).kind), request.refunded.minor);
}

}  // namespace

std::optional<ActionAnswer> PaymentRules::Refuse(const EffectRecord& record, const EffectRecord* whole) {
  return whole == nullptr ? std::nullopt : payment::RefusePart(record, *whole);
}

std::optional<ActionAnswer> StockRules::Apply(const EffectRecord& record) {
  inventory::Stock stock(truth_.stock);
  if (const auto refusal = stock.Take(inventory::DecodeLines(record.request))) {
    return participant::Rejected(refusal->reason, refusal->message);
  }
  for (const auto& [item, change] : stock.Changes()) truth_.stock[item] += change;
  world_.Tell("inventory: reserved {}", record.action_key);
  return participant::Applied("rs_" + record.action_key);
}

bool StockRules::Undo(const EffectRecord& record) {
  for (const inventory::Line& line : inventory::DecodeLines(record.request))
    truth_.stock[line.item_id] += line.quantity;
  world_.Tell("inventory: released {}", record.action_key);
  return true;
}

std::optional<ActionAnswer> PointsRules::Apply(const EffectRecord& record) {
  if (world_.Chance(0.1)) return participant::Rejected("ACCOUNT_FULL", "a million points are enough");
  ++truth_.points[record.order_id];
  world_.Tell("loyalty: granted {}", record.action_key);
  return participant::Applied("gr_" + record.action_key);
}

bool PointsRules::Undo(const EffectRecord& record) {
  --truth_.points[record.order_id];
  world_.Tell("loyalty: returned {}", record.action_key);
  return true;
}

Services::Services(World& world, Truth& truth)
    : provider(world),
      world_(world),
      truth_(truth),
      stock_rules_(world, truth),
      points_rules_(world, truth),
      payment_(world, payment_rules_,
               {[this](const auto& ask) { return provider.Answer(ask); }, [this](const auto& c) { Book(c); }}),
      inventory_(world, stock_rules_, {nullptr, [this](const auto& c) { Book(c); }}),
      notification_(world, letter_rules_, {[this](const auto& ask) { return Send(ask); }, [](const auto&) {}}),
      loyalty_(world, points_rules_, {nullptr, [this](const auto& c) { Book(c); }}) {}

SimParticipant& Services::Of(std::string_view service) {
  if (service == "payment") return payment_;
  if (service == "loyalty") return loyalty_;
  return service == "inventory" ? inventory_ : notification_;
}

void Services::Handle(const CallRequest& request, const Reply& reply) {
  SimParticipant& service = Of(request.participant);
  if (!service.up()) return reply(OutcomeUnknown{"UNAVAILABLE: connection refused", true, std::nullopt});
  const auto done = [request, reply](const Outcome& outcome) { reply(ReplyOf(request, outcome)); };
  if (!request.compensation) return service.Ask(ActionOf(request), done);
  participant::CompensationRequest undo{request.key, request.action_key, request.order->id.ToString(),
                                        request.not_after};
  if (request.settlement.has_value()) undo.by_hand = {request.settlement->amount.minor, request.settlement->evidence};
  service.Ask(std::move(undo), done);
}

participant::ActionRequest Services::ActionOf(const CallRequest& request) {
  participant::ActionRequest action{request.key, request.order->id.ToString(), "", request.not_after};
  if (request.participant == "payment") action.amount = request.order->total.minor;
  if (request.participant == "notification") truth_.notices[action.key] = NoticeOf(request);
  SetBody(action, BodyOf(request));
  return action;
}

void Services::GiveBack(const std::string& order, const std::string& name, Money amount) {
  if (!payment_.up()) return;
  participant::ActionRequest part{order + "/by hand/" + name, order, "", std::nullopt, order + "/payment/action"};
  part.amount = amount.minor;
  SetBody(part, payment::EncodePart({amount, "a dent"}));
  payment_.Ask(part, [this](const Outcome& outcome) {
    if (!outcome.status.ok() || !outcome.action.applied) return;
    world_.Hit(Fault::kPart);
    world_.Tell("by hand: gave back {} of {}", outcome.record.amount, outcome.record.order_id);
  });
}

// Money by the real transfers; and whatever was given back is looked at.
void Services::Book(const std::vector<participant::Change>& changes) {
  if (changes.empty()) return;
  const bool money = changes.front().after.amount > 0;
  for (const payment::Transfer& transfer : money ? payment::TransfersOf(changes) : std::vector<payment::Transfer>()) {
    Booked& booked = ledger_[transfer.charge_key];
    using Kind = payment::Transfer::Kind;
    const bool settled = transfer.kind == Kind::kSettlement;
    const bool charge = transfer.kind == Kind::kCharge;
    (settled ? booked.settled : charge ? booked.charged : booked.refunded) += transfer.amount.minor;
    if (!transfer.refund_key.empty()) booked.in_parts += transfer.amount.minor;
    if (settled) {
      world_.Hit(Fault::kSettle);
      world_.Tell("payment: {} of {} were given back by hand", transfer.amount.minor, transfer.charge_key);
      const auto account = provider.accounts().find(transfer.charge_key);
      const bool refunded = account != provider.accounts().end() && account->second.refunded > booked.refunded;
      booked.settled_blindly = refunded || payment_.busy();
    }
    booked.currency = transfer.amount.currency;
  }
  const EffectRecord& last = changes.back().after;
  const bool undone =
      last.state == participant::EffectState::kReversed || last.state == participant::EffectState::kSettled;
  if (undone) truth_.on_undone(last.order_id);
}

ProviderReply Services::Send(const participant::Ask& ask) {
  const bool no_answer = world_.Chance(provider.silent);
  if (no_answer && world_.Chance(0.5)) return {};
  ++truth_.letters[ask.record.order_id];
  if (no_answer) return {};
  return {ProviderReply::Kind::kDone, "<" + ask.record.action_key + ">"};
}

}  // namespace ordersaga::sim

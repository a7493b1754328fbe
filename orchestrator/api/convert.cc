#include "orchestrator/api/convert.h"

#include "platform/rpc/time.h"

namespace ordersaga::orchestrator {
namespace {

template <typename Message>
void SetLines(const Order& order, Message* message) {
  for (const OrderLine& line : order.lines) {
    common::v1::Line* out = message->add_lines();
    out->set_item_id(line.item_id);
    out->set_quantity(line.quantity);
  }
}

void SetMoney(const Money& money, common::v1::Money* message) {
  message->set_amount_minor(money.minor);
  message->set_currency(money.currency);
}

void ToProto(const StepRecord& record, saga::v1::StepDetail* step) {
  step->set_name(record.name);
  step->set_state(std::string(Name(record.state)));
  step->set_action_attempts(record.action_attempts);
  step->set_compensation_attempts(record.compensation_attempts);
  if (record.started_at) *step->mutable_started_at() = rpc::ToProto(*record.started_at);
  if (record.ended_at) *step->mutable_ended_at() = rpc::ToProto(*record.ended_at);
  step->set_last_error(record.last_error);
  step->set_evidence(record.evidence);
}

}  // namespace

order::v1::OrderStatus ToProto(Status status) {
  switch (status) {
    case Status::kPending:
      return order::v1::ORDER_STATUS_PENDING;
    case Status::kCompleted:
      return order::v1::ORDER_STATUS_COMPLETED;
    case Status::kCancelled:
      return order::v1::ORDER_STATUS_CANCELLED;
  }
  return order::v1::ORDER_STATUS_UNSPECIFIED;
}

void ToProto(const Saga& saga, order::v1::Order* order) {
  order->set_id(saga.id().ToString());
  SetLines(*saga.order, order);
  order->set_user_email(saga.order->user_email);
  order->set_status(ToProto(saga.status));
  *order->mutable_created_at() = rpc::ToProto(saga.order->created_at);
  *order->mutable_updated_at() = rpc::ToProto(saga.updated_at);
  SetMoney(saga.order->total, order->mutable_total());
  if (saga.status == Status::kCancelled) order->set_reason(saga.reason);
  order->set_version(saga.version);
}

void ToProto(const JournalEntry& entry, order::v1::JournalEntry* out) {
  out->set_sequence(entry.sequence);
  *out->mutable_at() = rpc::ToProto(entry.at);
  out->set_event(entry.event);
  out->set_phase(std::string(Name(entry.phase)));
}

void ToProto(const Saga& saga, saga::v1::SagaSummary* summary) {
  summary->set_id(saga.id().ToString());
  summary->set_phase(saga.parked.empty() ? std::string(Name(saga.phase)) : "parked");
  if (!saga.finished()) summary->set_step(saga.steps[saga.step].name);
  summary->set_status(std::string(Name(saga.status)));
  summary->set_reason(saga.parked.empty() ? saga.reason : saga.parked);
  *summary->mutable_created_at() = rpc::ToProto(saga.order->created_at);
  *summary->mutable_updated_at() = rpc::ToProto(saga.updated_at);
  if (saga.due_at) *summary->mutable_due_at() = rpc::ToProto(*saga.due_at);
  SetLines(*saga.order, summary);
  summary->set_user_email(saga.order->user_email);
  SetMoney(saga.order->total, summary->mutable_total());
}

void ToProto(const Why& why, saga::v1::Why* out) {
  out->set_waits_for(why.waits_for);
  *out->mutable_since() = rpc::ToProto(why.since);
  out->set_trouble(why.trouble);
  for (const Why::Fact& fact : why.facts) {
    saga::v1::Why::Fact* added = out->add_facts();
    added->set_step(fact.step);
    added->set_what(fact.what);
  }
  out->set_next(why.next);
  if (why.next_at) *out->mutable_next_at() = rpc::ToProto(*why.next_at);
  for (const Why::Verb& verb : why.verbs) {
    saga::v1::Why::Verb* added = out->add_verbs();
    added->set_name(verb.name);
    added->set_effect(verb.effect);
  }
}

void ToProto(const SagaWithJournal& stored, saga::v1::GetSagaResponse* response) {
  ToProto(stored.saga, response->mutable_saga());
  response->set_version(stored.saga.version);
  for (const StepRecord& step : stored.saga.steps) ToProto(step, response->add_steps());
  for (const JournalEntry& entry : stored.journal) {
    saga::v1::JournalEntry* out = response->add_journal();
    out->set_sequence(entry.sequence);
    *out->mutable_at() = rpc::ToProto(entry.at);
    out->set_event(entry.event);
    out->set_detail(entry.detail);
    out->set_phase(std::string(Name(entry.phase)));
  }
}

}  // namespace ordersaga::orchestrator

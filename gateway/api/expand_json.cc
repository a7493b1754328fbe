#include "gateway/api/expand_json.h"

#include "gateway/api/json_values.h"

namespace ordersaga::gateway {
namespace {

namespace json = boost::json;

json::object StepJson(const saga::v1::StepDetail& step) {
  json::object out{{"name", step.name()},
                   {"state", step.state()},
                   {"action_attempts", step.action_attempts()},
                   {"compensation_attempts", step.compensation_attempts()}};
  if (step.has_started_at()) out["started_at"] = Rfc3339(step.started_at());
  if (step.has_ended_at()) out["ended_at"] = Rfc3339(step.ended_at());
  return out;
}

// "EFFECT_STATE_APPLIED" -> "APPLIED"
json::string_view ShortState(common::v1::EffectState state) {
  constexpr std::string_view kPrefix = "EFFECT_STATE_";
  const std::string_view name = common::v1::EffectState_Name(state);
  return View(name.substr(0, kPrefix.size()) == kPrefix ? name.substr(kPrefix.size()) : name);
}

json::object ChargeJson(const payment::v1::Charge& charge) {
  json::object out{{"id", charge.id()}, {"state", ShortState(charge.state())}, {"amount", MoneyJson(charge.amount())}};
  if (charge.has_refunded()) out["refunded"] = MoneyJson(charge.refunded());
  if (!charge.reason().empty()) out["reason"] = charge.reason();
  out["created_at"] = Rfc3339(charge.created_at());
  out["updated_at"] = Rfc3339(charge.updated_at());
  return out;
}

}  // namespace

json::object SagaJson(const saga::v1::GetSagaResponse& saga) {
  json::array steps;
  for (const saga::v1::StepDetail& step : saga.steps()) steps.push_back(StepJson(step));
  json::array journal;
  for (const saga::v1::JournalEntry& entry : saga.journal()) {
    journal.push_back(json::object{{"sequence", entry.sequence()},
                                   {"at", Rfc3339(entry.at())},
                                   {"event", entry.event()},
                                   {"phase", entry.phase()}});
  }
  json::object out{{"phase", saga.saga().phase()}};
  if (!saga.saga().step().empty()) out["step"] = saga.saga().step();
  if (!saga.saga().reason().empty()) out["reason"] = saga.saga().reason();
  out["steps"] = std::move(steps);
  out["journal"] = std::move(journal);
  return out;
}

json::object PaymentJson(const payment::v1::ListChargesResponse& charges) {
  json::array out;
  for (const payment::v1::Charge& charge : charges.charges()) out.push_back(ChargeJson(charge));
  return {{"charges", std::move(out)}};
}

json::array EventsJson(const std::vector<event::v1::ListEventsResponse>& pages) {
  json::array out;
  for (const event::v1::ListEventsResponse& page : pages) {
    for (const event::v1::StoredEvent& event : page.events()) {
      boost::system::error_code error;
      json::value body = json::parse(event.body(), error);
      out.push_back(json::object{{"sequence", event.sequence()},
                                 {"exchange", event.exchange()},
                                 {"routing_key", event.routing_key()},
                                 {"at", Rfc3339(event.at())},
                                 {"body", error ? json::value(nullptr) : std::move(body)}});
    }
  }
  return out;
}

json::object ProductJson(const inventory::v1::Product& product) {
  return {{"id", product.id()},
          {"name", product.name()},
          {"unit_price", MoneyJson(product.unit_price())},
          {"stock", product.stock()}};
}

json::object ProductsJson(const inventory::v1::ListProductsResponse& products) {
  json::array data;
  for (const inventory::v1::Product& product : products.products()) data.push_back(ProductJson(product));
  return {{"data", std::move(data)}};
}

}  // namespace ordersaga::gateway

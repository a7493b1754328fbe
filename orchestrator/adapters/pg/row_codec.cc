#include "orchestrator/adapters/pg/row_codec.h"

#include <array>
#include <boost/json.hpp>

#include "orchestrator/core/endings.h"

namespace ordersaga::orchestrator {
namespace {

namespace json = boost::json;

json::value TimeOrNull(const std::optional<absl::Time>& time) {
  if (!time.has_value()) return nullptr;
  return absl::ToUnixMicros(*time);
}

std::optional<absl::Time> ParseTime(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  return absl::FromUnixMicros(value.to_number<std::int64_t>());
}

std::string Text(const json::value& value) {
  return std::string(value.as_string());
}

json::object EncodeStep(const StepRecord& step) {
  return {{"name", step.name},
          {"state", std::string(Name(step.state))},
          {"action_attempts", step.action_attempts},
          {"compensation_attempts", step.compensation_attempts},
          {"started_at", TimeOrNull(step.started_at)},
          {"compensation_started_at", TimeOrNull(step.compensation_started_at)},
          {"ended_at", TimeOrNull(step.ended_at)},
          {"succeeded", step.succeeded},
          {"reason", step.reason},
          {"last_error", step.last_error},
          {"evidence", step.evidence}};
}

StepRecord DecodeStep(const json::object& object) {
  StepRecord step;
  step.name = Text(object.at("name"));
  const std::string state = Text(object.at("state"));
  step.state = Known(ParseStepState(state), state);
  step.action_attempts = object.at("action_attempts").to_number<int>();
  step.compensation_attempts = object.at("compensation_attempts").to_number<int>();
  step.started_at = ParseTime(object.at("started_at"));
  step.compensation_started_at = ParseTime(object.at("compensation_started_at"));
  step.ended_at = ParseTime(object.at("ended_at"));
  step.succeeded = object.at("succeeded").as_bool();
  step.reason = Text(object.at("reason"));
  step.last_error = Text(object.at("last_error"));
  step.evidence = Text(object.at("evidence"));
  return step;
}

// Where a saga's many small values are parsed to, most often without asking the heap. They must not outlive it.
class JsonMemory {
 public:
  json::value Parse(std::string_view text) { return json::parse(text, &memory_); }

 private:
  std::array<unsigned char, 4096> first_;
  json::monotonic_resource memory_{first_.data(), first_.size()};
};

}  // namespace

std::string EncodeLines(const Order& order) {
  json::array lines;
  for (const OrderLine& line : order.lines) {
    lines.push_back(
        {{"item_id", line.item_id}, {"quantity", line.quantity}, {"unit_price_minor", line.unit_price.minor}});
  }
  return json::serialize(lines);
}

std::string EncodeState(const Saga& saga) {
  json::array steps;
  for (const StepRecord& step : saga.steps) steps.push_back(EncodeStep(step));
  json::object state{{"message", saga.message},
                     {"refunded_minor", saga.refunded.minor},
                     {"stop", saga.stop.has_value() ? NameOf(*saga.stop, saga.steps) : std::string()},
                     {"steps", std::move(steps)}};
  if (saga.paused_at.has_value()) state["paused_at"] = TimeOrNull(saga.paused_at);
  if (saga.settled.minor != 0) state["settled_minor"] = saga.settled.minor;
  if (saga.settlement.has_value()) {
    state["settlement"] = json::object{{"amount_minor", saga.settlement->amount.minor},
                                       {"evidence", saga.settlement->evidence},
                                       {"by", saga.settlement->by}};
  }
  return json::serialize(state);
}

void DecodeLines(std::string_view text, Order& order) {
  JsonMemory memory;
  const json::value value = memory.Parse(text);
  for (const json::value& line : value.as_array()) {
    const json::object& fields = line.as_object();
    order.lines.push_back({Text(fields.at("item_id")),
                           fields.at("quantity").to_number<std::int32_t>(),
                           {fields.at("unit_price_minor").to_number<std::int64_t>(), order.total.currency}});
  }
}

void DecodeState(std::string_view text, Saga& saga) {
  JsonMemory memory;
  const json::value value = memory.Parse(text);
  const json::object& object = value.as_object();
  saga.message = Text(object.at("message"));
  saga.refunded = {object.at("refunded_minor").to_number<std::int64_t>(), saga.order->total.currency};
  for (const json::value& step : object.at("steps").as_array()) {
    saga.steps.push_back(DecodeStep(step.as_object()));
  }
  const std::string stop = Text(object.at("stop"));
  const std::string& currency = saga.order->total.currency;
  saga.settled.currency = currency;
  if (const json::value* settled = object.if_contains("settled_minor")) {
    saga.settled.minor = settled->to_number<std::int64_t>();
  }
  if (const json::value* found = object.if_contains("settlement")) {
    const json::object& fields = found->as_object();
    saga.settlement = Settlement{{fields.at("amount_minor").to_number<std::int64_t>(), currency},
                                 Text(fields.at("evidence")),
                                 Text(fields.at("by"))};
  }
  if (const json::value* paused_at = object.if_contains("paused_at")) saga.paused_at = ParseTime(*paused_at);
  if (!stop.empty()) saga.stop = Known(ParseEnding(stop, saga.steps), stop);
}

}  // namespace ordersaga::orchestrator

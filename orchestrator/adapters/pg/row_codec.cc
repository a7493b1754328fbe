#include "orchestrator/adapters/pg/row_codec.h"

#include <boost/json.hpp>

#include "platform/base/error.h"
#include "platform/pg/time.h"

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

// For names that must be known; throws so that DecodeSaga gives up on the row.
template <typename T>
T Known(std::optional<T> parsed, std::string_view name) {
  if (!parsed.has_value()) throw std::runtime_error("unknown name: " + std::string(name));
  return *parsed;
}

json::object EncodeStep(const StepRecord& step) {
  return {{"name", step.name},
          {"state", std::string(Name(step.state))},
          {"action_attempts", step.action_attempts},
          {"compensation_attempts", step.compensation_attempts},
          {"started_at", TimeOrNull(step.started_at)},
          {"compensation_started_at", TimeOrNull(step.compensation_started_at)},
          {"ended_at", TimeOrNull(step.ended_at)},
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
  step.reason = Text(object.at("reason"));
  step.last_error = Text(object.at("last_error"));
  step.evidence = Text(object.at("evidence"));
  return step;
}

std::shared_ptr<const Order> DecodeOrder(const Uuid& id, absl::Time created_at, const std::string& body) {
  const json::value value = json::parse(body);
  const json::object& object = value.as_object();
  auto order = std::make_shared<Order>();
  order->id = id;
  order->created_at = created_at;
  order->user_email = Text(object.at("user_email"));
  const std::string currency = Text(object.at("currency"));
  order->total = {object.at("total_minor").to_number<std::int64_t>(), currency};
  for (const json::value& line : object.at("lines").as_array()) {
    const json::object& fields = line.as_object();
    order->lines.push_back({Text(fields.at("item_id")),
                            fields.at("quantity").to_number<std::int32_t>(),
                            {fields.at("unit_price_minor").to_number<std::int64_t>(), currency}});
  }
  return order;
}

void DecodeState(const std::string& text, Saga& saga) {
  const json::value value = json::parse(text);
  const json::object& object = value.as_object();
  saga.message = Text(object.at("message"));
  saga.refunded = {object.at("refunded_minor").to_number<std::int64_t>(), saga.order->total.currency};
  const std::string stop = Text(object.at("stop"));
  if (!stop.empty()) saga.stop = Known(ParseEnding(stop), stop);
  for (const json::value& step : object.at("steps").as_array()) {
    saga.steps.push_back(DecodeStep(step.as_object()));
  }
}

std::optional<absl::Time> TimeOf(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return pg::FromPg(field.c_str());
}

Saga Decode(const pqxx::row& row) {
  Saga saga;
  const std::string id_text = row["id"].c_str();
  const Uuid id = Known(Uuid::Parse(id_text), id_text);
  saga.order = DecodeOrder(id, pg::FromPg(row["created_at"].c_str()), row["order_body"].c_str());
  saga.definition_version = row["definition_version"].as<int>();
  saga.phase = Known(ParsePhase(row["phase"].c_str()), row["phase"].c_str());
  saga.step = row["step"].as<std::size_t>();
  saga.status = Known(ParseStatus(row["status"].c_str()), row["status"].c_str());
  const std::string ending = row["ending"].c_str();
  if (!ending.empty()) saga.ending = Known(ParseEnding(ending), ending);
  saga.reason = row["reason"].c_str();
  saga.parked = row["parked"].c_str();
  saga.due_at = TimeOf(row["due_at"]);
  saga.deadline_at = TimeOf(row["deadline_at"]);
  saga.updated_at = pg::FromPg(row["updated_at"].c_str());
  saga.finished_at = TimeOf(row["finished_at"]);
  saga.version = row["version"].as<std::int64_t>();
  saga.event_sequence = row["event_sequence"].as<std::int64_t>();
  DecodeState(row["state"].c_str(), saga);
  return saga;
}

}  // namespace

std::string EncodeOrder(const Order& order) {
  json::array lines;
  for (const OrderLine& line : order.lines) {
    lines.push_back(
        {{"item_id", line.item_id}, {"quantity", line.quantity}, {"unit_price_minor", line.unit_price.minor}});
  }
  return json::serialize(json::object{{"lines", std::move(lines)},
                                      {"user_email", order.user_email},
                                      {"currency", order.total.currency},
                                      {"total_minor", order.total.minor}});
}

std::string EncodeState(const Saga& saga) {
  json::array steps;
  for (const StepRecord& step : saga.steps) steps.push_back(EncodeStep(step));
  return json::serialize(json::object{{"message", saga.message},
                                      {"refunded_minor", saga.refunded.minor},
                                      {"stop", saga.stop.has_value() ? std::string(Name(*saga.stop)) : std::string()},
                                      {"steps", std::move(steps)}});
}

absl::StatusOr<Saga> DecodeSaga(const pqxx::row& row) {
  try {
    return Decode(row);
  } catch (const std::exception& error) {
    return MakeError(absl::StatusCode::kInternal, "UNREADABLE_ROW", error.what());
  }
}

}  // namespace ordersaga::orchestrator

#include "orchestrator/adapters/pg/row_codec.h"

#include <array>
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

std::shared_ptr<const Order> DecodeOrder(const Uuid& id, absl::Time created_at, std::string_view body) {
  JsonMemory memory;
  const json::value value = memory.Parse(body);
  const json::object& object = value.as_object();
  auto order = std::make_shared<Order>();
  order->id = id;
  order->created_at = created_at;
  order->user_email = Text(object.at("user_email"));
  if (const json::value* trace = object.if_contains("traceparent")) order->traceparent = Text(*trace);
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

void DecodeState(std::string_view text, Saga& saga) {
  JsonMemory memory;
  const json::value value = memory.Parse(text);
  const json::object& object = value.as_object();
  saga.message = Text(object.at("message"));
  saga.refunded = {object.at("refunded_minor").to_number<std::int64_t>(), saga.order->total.currency};
  const std::string stop = Text(object.at("stop"));
  if (!stop.empty()) saga.stop = Known(ParseEnding(stop), stop);
  for (const json::value& step : object.at("steps").as_array()) {
    saga.steps.push_back(DecodeStep(step.as_object()));
  }
}

std::optional<absl::Time> TimeOf(const pg::Field& field) {
  if (field.is_null()) return std::nullopt;
  return pg::FromPg(field.view());
}

// By number: looking up names costs more than the rest for a page of an audit.
enum Columns {
  kId,
  kDefinitionVersion,
  kPhase,
  kStep,
  kStatus,
  kEnding,
  kReason,
  kParked,
  kDueAt,
  kDeadlineAt,
  kCreatedAt,
  kUpdatedAt,
  kFinishedAt,
  kVersion,
  kEventSequence,
  kOrderBody,
  kState,
};

Saga Decode(const pg::Row& row) {
  Saga saga;
  const Uuid id = Known(Uuid::Parse(row[kId].view()), row[kId].view());
  saga.order = DecodeOrder(id, pg::FromPg(row[kCreatedAt].view()), row[kOrderBody].view());
  saga.definition_version = row[kDefinitionVersion].as<int>();
  saga.phase = Known(ParsePhase(row[kPhase].view()), row[kPhase].view());
  saga.step = row[kStep].as<std::size_t>();
  saga.status = Known(ParseStatus(row[kStatus].view()), row[kStatus].view());
  const std::string_view ending = row[kEnding].view();
  if (!ending.empty()) saga.ending = Known(ParseEnding(ending), ending);
  saga.reason = row[kReason].view();
  saga.parked = row[kParked].view();
  saga.due_at = TimeOf(row[kDueAt]);
  saga.deadline_at = TimeOf(row[kDeadlineAt]);
  saga.updated_at = pg::FromPg(row[kUpdatedAt].view());
  saga.finished_at = TimeOf(row[kFinishedAt]);
  saga.version = row[kVersion].as<std::int64_t>();
  saga.event_sequence = row[kEventSequence].as<std::int64_t>();
  DecodeState(row[kState].view(), saga);
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
                                      {"total_minor", order.total.minor},
                                      {"traceparent", order.traceparent}});
}

std::string EncodeState(const Saga& saga) {
  json::array steps;
  for (const StepRecord& step : saga.steps) steps.push_back(EncodeStep(step));
  return json::serialize(json::object{{"message", saga.message},
                                      {"refunded_minor", saga.refunded.minor},
                                      {"stop", saga.stop.has_value() ? std::string(Name(*saga.stop)) : std::string()},
                                      {"steps", std::move(steps)}});
}

absl::StatusOr<Saga> DecodeSaga(const pg::Row& row) {
  try {
    return Decode(row);
  } catch (const std::exception& error) {
    return MakeError(absl::StatusCode::kInternal, "UNREADABLE_ROW", error.what());
  }
}

}  // namespace ordersaga::orchestrator

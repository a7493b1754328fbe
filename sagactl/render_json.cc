#include <boost/json.hpp>

#include "sagactl/render.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

namespace json = boost::json;
using saga::v1::GetSagaResponse;
using saga::v1::SagaSummary;

json::value Time(bool present, const google::protobuf::Timestamp& time) {
  if (!present) return nullptr;
  return json::string(TimeForPrograms(time));
}

json::string Text(const std::string& text) {
  return json::string(Printable(text));
}

json::object ToJson(const SagaSummary& saga) {
  json::array lines;
  for (const auto& line : saga.lines()) {
    lines.push_back(json::object{{"item_id", Text(line.item_id())}, {"quantity", line.quantity()}});
  }
  return {{"id", Text(saga.id())},
          {"status", Text(saga.status())},
          {"phase", Text(saga.phase())},
          {"step", Text(saga.step())},
          {"reason", Text(saga.reason())},
          {"lines", std::move(lines)},
          {"total",
           json::object{{"amount_minor", saga.total().amount_minor()}, {"currency", Text(saga.total().currency())}}},
          {"user_email", Text(saga.user_email())},
          {"created_at", Time(saga.has_created_at(), saga.created_at())},
          {"updated_at", Time(saga.has_updated_at(), saga.updated_at())},
          {"due_at", Time(saga.has_due_at(), saga.due_at())}};
}

json::object ToJson(const saga::v1::StepDetail& step) {
  return {{"name", Text(step.name())},
          {"state", Text(step.state())},
          {"action_attempts", step.action_attempts()},
          {"compensation_attempts", step.compensation_attempts()},
          {"started_at", Time(step.has_started_at(), step.started_at())},
          {"ended_at", Time(step.has_ended_at(), step.ended_at())},
          {"evidence", Text(step.evidence())},
          {"last_error", Text(step.last_error())}};
}

json::object ToJson(const saga::v1::JournalEntry& entry) {
  return {{"sequence", entry.sequence()},
          {"at", Time(entry.has_at(), entry.at())},
          {"event", Text(entry.event())},
          {"phase", Text(entry.phase())},
          {"detail", Text(entry.detail())}};
}

template <typename Items>
json::array ToArray(const Items& items) {
  json::array array;
  for (const auto& item : items) array.push_back(ToJson(item));
  return array;
}

}  // namespace

std::string ListAsJson(const std::vector<SagaSummary>& sagas, bool more) {
  return json::serialize(json::object{{"sagas", ToArray(sagas)}, {"has_more", more}}) + "\n";
}

std::string SummaryAsJson(const SagaSummary& saga) {
  return json::serialize(ToJson(saga)) + "\n";
}

std::string CountAsJson(const std::string& by, const saga::v1::CountSagasResponse& count) {
  json::array groups;
  for (const auto& group : count.groups()) {
    groups.push_back(json::object{
        {"key", Text(group.key())}, {"count", group.count()}, {"oldest", Time(group.has_oldest(), group.oldest())}});
  }
  return json::serialize(json::object{{"group_by", by}, {"groups", std::move(groups)}}) + "\n";
}

std::string SagaAsJson(const GetSagaResponse& response) {
  return json::serialize(json::object{{"saga", ToJson(response.saga())},
                                      {"steps", ToArray(response.steps())},
                                      {"journal", ToArray(response.journal())}}) +
         "\n";
}

std::string WhyAsJson(const GetSagaResponse& response) {
  const saga::v1::Why& why = response.why();
  json::array facts;
  for (const auto& fact : why.facts()) {
    facts.push_back(json::object{{"step", Text(fact.step())}, {"what", Text(fact.what())}});
  }
  json::array verbs;
  for (const auto& verb : why.verbs()) {
    verbs.push_back(json::object{{"name", Text(verb.name())}, {"effect", Text(verb.effect())}});
  }
  return json::serialize(json::object{{"id", Text(response.saga().id())},
                                      {"status", Text(response.saga().status())},
                                      {"version", response.version()},
                                      {"waits_for", Text(why.waits_for())},
                                      {"since", Time(why.has_since(), why.since())},
                                      {"trouble", Text(why.trouble())},
                                      {"facts", std::move(facts)},
                                      {"next", Text(why.next())},
                                      {"next_at", Time(why.has_next_at(), why.next_at())},
                                      {"verbs", std::move(verbs)}}) +
         "\n";
}

}  // namespace ordersaga::cli

// What sagactl prints on standard output: tables for people, JSON for programs. Pure.
//
// The JSON is an interface: snake_case keys that are never renamed or removed, money as
// {"amount_minor", "currency"}, times in RFC 3339, absent times as null; one document on one line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ordersaga/event/v1/event.pb.h"
#include "ordersaga/saga/v1/saga_admin.pb.h"
#include "platform/amqp/subscription.h"

namespace ordersaga::cli {

std::string ListAsTable(const std::vector<saga::v1::SagaSummary>& sagas, bool colored);
std::string ListAsJson(const std::vector<saga::v1::SagaSummary>& sagas, bool more);

std::string SummaryAsJson(const saga::v1::SagaSummary& saga);  // on one line

std::string CountAsTable(const std::string& by, const saga::v1::CountSagasResponse& count, bool colored);
std::string CountAsJson(const std::string& by, const saga::v1::CountSagasResponse& count);

std::string SagaAsTable(const saga::v1::GetSagaResponse& saga, bool colored);
std::string SagaAsJson(const saga::v1::GetSagaResponse& saga);

// Why the order is not finished.
std::string WhyAsText(const saga::v1::GetSagaResponse& saga, bool colored);
std::string WhyAsJson(const saga::v1::GetSagaResponse& saga);

// Events as they pass: a header, then a line each; or one JSON object a line, whose `body` is the event's own.
std::string EventHeader(bool colored);
std::string EventAsLine(const amqp::Delivery& event);
std::string EventAsJson(const amqp::Delivery& event);

std::string HeldAsTable(const std::vector<event::v1::HeldEvent>& events, bool colored);
std::string HeldAsJson(const std::vector<event::v1::HeldEvent>& events);
std::string ReplayedText(std::int64_t count, const std::string& queue, bool as_json);

}  // namespace ordersaga::cli

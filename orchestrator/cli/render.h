// What sagactl prints on standard output: tables for people, JSON for programs. Pure.
//
// The JSON is an interface: snake_case keys that are never renamed or removed, money as
// {"amount_minor", "currency"}, times in RFC 3339, absent times as null; one document on one line.
#pragma once

#include <string>
#include <vector>

#include "ordersaga/saga/v1/saga_admin.pb.h"

namespace ordersaga::cli {

std::string ListAsTable(const std::vector<saga::v1::SagaSummary>& sagas, bool colored);
std::string ListAsJson(const std::vector<saga::v1::SagaSummary>& sagas, bool more);

std::string SagaAsTable(const saga::v1::GetSagaResponse& saga, bool colored);
std::string SagaAsJson(const saga::v1::GetSagaResponse& saga);

}  // namespace ordersaga::cli

#include "orchestrator/events/flat_json.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "platform/base/text.h"

namespace ordersaga::orchestrator {

FlatJson& FlatJson::Text(std::string_view name, std::string_view value) {
  Name(name);
  AppendJsonString(value, &json_);
  return *this;
}

FlatJson& FlatJson::Number(std::string_view name, std::int64_t value) {
  Name(name);
  fmt::format_to(std::back_inserter(json_), "{}", value);
  return *this;
}

FlatJson& FlatJson::Raw(std::string_view name, std::string_view json) {
  Name(name);
  json_ += json;
  return *this;
}

std::string FlatJson::Take() {
  json_ += '}';
  return std::move(json_);
}

void FlatJson::Name(std::string_view name) {
  if (json_.size() > 1) json_ += ',';
  AppendJsonString(name, &json_);
  json_ += ':';
}

}  // namespace ordersaga::orchestrator

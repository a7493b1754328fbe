#include "platform/pg/array.h"

namespace ordersaga::pg {
namespace {

// Quoted always: an unquoted NULL, comma or brace would mean something else.
void AppendQuoted(std::string& out, const std::string& value) {
  out.push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
}

template <typename T, typename Append>
std::string Join(const std::vector<T>& values, Append append) {
  std::string out = "{";
  for (const T& value : values) {
    if (out.size() > 1) out.push_back(',');
    append(out, value);
  }
  out.push_back('}');
  return out;
}

}  // namespace

std::string ArrayOf(const std::vector<std::string>& values) {
  return Join(values, AppendQuoted);
}

std::string ArrayOf(const std::vector<std::optional<std::string>>& values) {
  return Join(values, [](std::string& out, const std::optional<std::string>& value) {
    if (value.has_value()) {
      AppendQuoted(out, *value);
    } else {
      out += "NULL";
    }
  });
}

std::string ArrayOf(const std::vector<std::int64_t>& values) {
  return Join(values, [](std::string& out, std::int64_t value) { out += std::to_string(value); });
}

}  // namespace ordersaga::pg

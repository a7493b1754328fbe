#include "gateway/api/strict_json.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <string>
#include <vector>

#include "platform/base/error.h"

namespace ordersaga::gateway {
namespace {

namespace json = boost::json;
using Error = boost::system::error_code;

json::parse_options Options(std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  return options;
}

// Follows a document only to find a key that stands twice in one object; a parsed value would silently keep the last.
struct KeyWatch {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  bool on_document_begin(Error&) { return true; }
  bool on_document_end(Error&) { return true; }
  bool on_object_begin(Error&) { return keys.emplace_back(), true; }
  bool on_object_end(std::size_t, Error&) { return keys.pop_back(), true; }
  bool on_array_begin(Error&) { return true; }
  bool on_array_end(std::size_t, Error&) { return true; }
  bool on_key_part(json::string_view part, std::size_t, Error&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(json::string_view part, std::size_t, Error& error) {
    key.append(part.data(), part.size());
    if (!keys.back().insert(key).second) {
      twice = key;
      error = make_error_code(json::error::not_object);  // any error stops the parser; `twice` tells which
      return false;
    }
    key.clear();
    return true;
  }
  bool on_string_part(json::string_view, std::size_t, Error&) { return true; }
  bool on_string(json::string_view, std::size_t, Error&) { return true; }
  bool on_number_part(json::string_view, Error&) { return true; }
  bool on_int64(std::int64_t, json::string_view, Error&) { return true; }
  bool on_uint64(std::uint64_t, json::string_view, Error&) { return true; }
  bool on_double(double, json::string_view, Error&) { return true; }
  bool on_bool(bool, Error&) { return true; }
  bool on_null(Error&) { return true; }
  bool on_comment_part(json::string_view, Error&) { return true; }
  bool on_comment(json::string_view, Error&) { return true; }

  std::vector<std::set<std::string>> keys;  // of the objects that are open
  std::string key;
  std::string twice;
};

absl::Status Invalid(const std::string& message) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_JSON", message);
}

}  // namespace

absl::StatusOr<json::object> ParseObject(std::string_view text, std::size_t max_depth) {
  json::basic_parser<KeyWatch> watch(Options(max_depth));
  Error error;
  const std::size_t read = watch.write_some(false, text.data(), text.size(), error);
  const std::string& twice = watch.handler().twice;
  if (!twice.empty() || error == json::error::not_object) {
    return Invalid(fmt::format("the body is not acceptable JSON: \"{}\" is given twice", twice));
  }
  if (error) {
    return Invalid(fmt::format("the body is not well-formed JSON: {} at byte {}", error.message(), read));
  }
  if (read != text.size()) {
    return Invalid(fmt::format("the body is not well-formed JSON: something follows its end at byte {}", read));
  }
  json::value value = json::parse({text.data(), text.size()}, error, {}, Options(max_depth));
  if (error) return Invalid(fmt::format("the body is not well-formed JSON: {}", error.message()));
  if (!value.is_object()) return Invalid("the body must be a JSON object");
  return std::move(value.get_object());
}

}  // namespace ordersaga::gateway

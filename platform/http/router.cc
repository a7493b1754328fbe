#include "platform/http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/url/pct_string_view.hpp>

namespace ordersaga::http {
namespace {

std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> segments;
  std::size_t begin = path.empty() || path.front() != '/' ? 0 : 1;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    segments.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return segments;
}

bool IsVariable(const std::string& segment) {
  return segment.size() > 2 && segment.front() == '{';
}

std::optional<std::map<std::string, std::string>> MatchSegments(const std::vector<std::string>& pattern,
                                                                const std::vector<std::string>& path) {
  if (pattern.size() != path.size()) return std::nullopt;
  std::map<std::string, std::string> params;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (!IsVariable(pattern[i])) {
      if (pattern[i] != path[i]) return std::nullopt;
      continue;
    }
    std::optional<std::string> value = Unescape(path[i], false);
    if (!value.has_value() || value->empty()) return std::nullopt;
    params.emplace(pattern[i].substr(1, pattern[i].size() - 2), *std::move(value));
  }
  return params;
}

}  // namespace

void Router::Add(std::string method, std::string pattern, Handler handler) {
  std::vector<std::string> segments = Split(pattern);
  if (wrap_ != nullptr) handler = wrap_(fmt::format("{} {}", method, pattern), std::move(handler));
  routes_.push_back({std::move(method), std::move(pattern), std::move(segments), std::move(handler)});
}

Router::Match Router::Find(const std::string& method, std::string_view path) const {
  Match match;
  const std::vector<std::string> segments = Split(path);
  for (const Route& route : routes_) {
    auto params = MatchSegments(route.segments, segments);
    if (!params.has_value()) continue;
    match.pattern = route.pattern;
    match.allowed.push_back(route.method);
    if (route.method == "GET") match.allowed.emplace_back("HEAD");
    if (route.method != method && !(route.method == "GET" && method == "HEAD")) continue;
    match.handler = &route.handler;
    match.params = *std::move(params);
    return match;
  }
  return match;
}

std::optional<std::string> Unescape(std::string_view text, bool plus_is_space) {
  const auto escaped = boost::urls::make_pct_string_view({text.data(), text.size()});
  if (!escaped) return std::nullopt;
  return escaped->decode(boost::urls::encoding_opts(plus_is_space));
}

std::optional<std::map<std::string, std::string>> ParseQuery(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto name = Unescape(pair.substr(0, equals), true);
    const auto value = Unescape(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name.has_value() || !value.has_value()) return std::nullopt;
    query.insert_or_assign(*name, *value);
  }
  return query;
}

}  // namespace ordersaga::http

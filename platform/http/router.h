// Which handler answers which request. Filled before the server starts, then only read.
#pragma once

#include <map>
#include <optional>

#include <string>
#include <string_view>
#include <vector>

#include "platform/http/message.h"

namespace ordersaga::http {

class Router {
 public:
  // What is added from now on is answered by what `wrap` makes of it; "GET /api/v1/orders" is such a name.
  using Wrap = std::function<Handler(const std::string& name, Handler handler)>;
  void Behind(Wrap wrap) { wrap_ = std::move(wrap); }

  // "/api/v1/orders/{order_id}": a part in braces matches one segment. A GET route answers HEAD too.
  void Add(std::string method, std::string pattern, Handler handler);

  // Is asked before any handler; a response of its own refuses the request.
  using Doorkeeper = std::function<std::optional<Response>(const Request&)>;
  void Before(Doorkeeper doorkeeper) { doorkeeper_ = std::move(doorkeeper); }
  std::optional<Response> Refuse(const Request& request) const {
    return doorkeeper_ == nullptr ? std::nullopt : doorkeeper_(request);
  }

  struct Match {
    const Handler* handler = nullptr;  // null: see allowed
    std::string pattern;
    std::map<std::string, std::string> params;
    std::vector<std::string> allowed;  // methods the path has; empty: no such path
  };
  Match Find(const std::string& method, std::string_view path) const;

 private:
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
  Doorkeeper doorkeeper_ = nullptr;
  Wrap wrap_ = nullptr;
};

// "%41+b" -> "A+b"; nullopt if an escape is broken. With `plus_is_space`, as in queries.
std::optional<std::string> Unescape(std::string_view text, bool plus_is_space);

// "a=1&b=2" -> {{a,1},{b,2}}; nullopt if an escape is broken.
std::optional<std::map<std::string, std::string>> ParseQuery(std::string_view text);

}  // namespace ordersaga::http

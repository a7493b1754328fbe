// HTTP requests and responses as handlers see them.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ordersaga::http {

struct Request {
  std::string method;
  std::string path;                            // without the query
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> params;   // path variables, decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string request_id;
  std::string route;  // the pattern that matched; empty if none did
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// Exactly once, from any thread.
using Respond = std::function<void(Response)>;

// Must not block: it keeps `respond` and returns. The request lives until it has responded.
using Handler = std::function<void(const Request&, Respond)>;

// What the server itself answers when no handler can: 404, 405, 413, ... `code` is stable, UPPER_SNAKE.
using ErrorPage =
    std::function<Response(int status, const std::string& code, const std::string& detail, const Request&)>;

}  // namespace ordersaga::http

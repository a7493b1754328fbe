// HTTP requests and responses as handlers see them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/http/departure.h"
#include "platform/http/response_stream.h"

namespace ordersaga::http {

struct Request {
  std::string method;
  std::string path;                            // without the query
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> params;   // path variables, decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string request_id;
  std::string client;                    // the address it came from
  std::string route;                     // the pattern that matched; empty if none did
  std::shared_ptr<Departure> departure;  // of a request that is being answered
  mutable std::string caller;            // for logs: who asks, once whoever guards the route has found out

  // See Departure::Then: for what only makes sense as long as somebody waits for the answer.
  void OnGone(std::function<void()> then) const {
    if (departure != nullptr) departure->Then(std::move(then));
  }
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<ResponseStream> stream = nullptr;  // if set, it is the body, instead of `body`
};

// Exactly once, from any thread; once the client has gone it may be dropped instead. A copy keeps the request.
using Respond = std::function<void(Response)>;

// Must not block: it keeps `respond` and returns. The request lives as long as a copy of `respond`.
using Handler = std::function<void(const Request&, Respond)>;

// What the server itself answers when no handler can: 404, 405, 413, ... `code` is stable, UPPER_SNAKE.
using ErrorPage =
    std::function<Response(int status, const std::string& code, const std::string& detail, const Request&)>;

}  // namespace ordersaga::http

// Requests off the wire. Coroutines of a session; they never throw.
#pragma once

#include <boost/asio.hpp>

#include "platform/http/head.h"
#include "platform/http/places.h"
#include "platform/http/stream.h"

namespace ordersaga::http {

// What the reader works on; all of it is the session's.
struct Connection {
  Stream& stream;
  boost::beast::flat_buffer& buffer;  // what has been read and belongs to nothing yet
  Place& place;
  const HttpOptions& options;
};

// Under TLS, before the first request. Status 0: the connection may go on. The connection is idle meanwhile, so who
// opens many and says nothing makes room for others.
boost::asio::awaitable<Refusal> Greet(Connection at);

// Waits for a request, as long as an idle connection may, and reads its head. Status 0: it may be served.
boost::asio::awaitable<Refusal> ReadHead(Connection at, Parser& parser);

// Reads the body, if there is one, after ReadHead.
boost::asio::awaitable<Refusal> ReadBody(Connection at, Parser& parser);

}  // namespace ordersaga::http

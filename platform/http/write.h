// Answers onto the wire. Coroutines of a session; they never throw.
#pragma once

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>

#include "platform/http/message.h"

namespace ordersaga::http {

struct Wire {
  boost::beast::tcp_stream& stream;
  unsigned version = 11;    // of the request: 10 or 11
  bool keep_alive = false;  // as far as the request is concerned
  absl::Duration timeout;   // for the client to take a body, or one piece of a stream
};

// True if the connection can serve another request.
boost::asio::awaitable<bool> WriteResponse(Wire wire, const Request& request, const Response& response);

// Ends a connection so that the client gets to read the answer: what it still sends is read for a moment, where a reset
// would wipe the answer out.
boost::asio::awaitable<void> Linger(boost::beast::tcp_stream& stream);

}  // namespace ordersaga::http

// Answers onto the wire. Coroutines of a session; they never throw.
#pragma once

#include <boost/asio.hpp>

#include "platform/http/message.h"
#include "platform/http/stream.h"

namespace ordersaga::http {

struct Wire {
  Stream& stream;
  unsigned version = 11;    // of the request: 10 or 11
  bool keep_alive = false;  // as far as the request is concerned
  absl::Duration timeout;   // for the client to take a body, or one piece of a stream
};

// True if the connection can serve another request.
boost::asio::awaitable<bool> WriteResponse(Wire wire, const Request& request, const Response& response);

// Ends a connection so that the client gets to read the answer: what it still sends is read for a moment, where a reset
// would wipe the answer out.
boost::asio::awaitable<void> Linger(Stream& stream);

}  // namespace ordersaga::http

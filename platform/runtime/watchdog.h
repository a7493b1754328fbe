// Cuts a socket on which a library's call hangs: libpqxx waits for ever for a server that has frozen, rabbitmq-c for a
// broker that blocks publishers. shutdown() from another thread is what frees them; the call then fails as on any
// broken connection.
#pragma once

#include <map>

#include "absl/time/time.h"

namespace ordersaga {

// Put one around each call that may hang; it may last up to `limit`. The socket must stay open as long as this lives.
// Nothing is watched if there is none (-1). Each for one thread.
class WatchedCall {
 public:
  WatchedCall(int socket, absl::Duration limit);
  ~WatchedCall();
  WatchedCall(const WatchedCall&) = delete;
  WatchedCall& operator=(const WatchedCall&) = delete;

  bool cut() const;  // the limit has passed, and the socket has been shut down

 private:
  friend class Watchdog;

  const int socket_;
  // Of the watchdog's, under its lock.
  bool cut_ = false;
  std::multimap<absl::Duration, WatchedCall*>::iterator place_;  // by the time when it is to be cut; until then
};

}  // namespace ordersaga

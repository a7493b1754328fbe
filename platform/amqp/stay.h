// How long a connection is kept to a broker that refuses (nacks) messages.
//
// Such a broker may be a node that has lost touch with its cluster, so another connection is worth a try: no more is
// sent, what is in flight gets a second for its answer, and the next one's turn comes. If that one refuses as well it
// is kept for `least` at least, and twice as long each time, up to `most`: where leaving does not help, it becomes
// seldom.
#pragma once

#include <algorithm>

#include "absl/time/time.h"

namespace ordersaga::amqp {

// Not thread-safe. All times are monotonic.
class Stay {
 public:
  Stay(absl::Duration least, absl::Duration most) : least_(least), most_(most) {}

  // A new connection begins.
  void Begin() { leaving_ = false; }

  // A message has been refused. True if the connection is given up because of it, from now on.
  bool OnRefused(absl::Duration now) {
    if (leaving_ || now < until_) return false;
    leaving_ = true;
    leave_by_ = now + absl::Seconds(1);
    const bool again = now < until_ + most_;
    stay_ = again ? std::min(2 * stay_, most_) : least_;
    until_ = now + stay_;
    return true;
  }

  // Nothing more is sent.
  bool leaving() const { return leaving_; }
  // When it ends, though not everything in flight has been answered. Only while leaving.
  absl::Duration leave_by() const { return leave_by_; }

 private:
  const absl::Duration least_;
  const absl::Duration most_;
  bool leaving_ = false;
  absl::Duration leave_by_;
  absl::Duration stay_;
  absl::Duration until_ = -absl::InfiniteDuration();
};

}  // namespace ordersaga::amqp

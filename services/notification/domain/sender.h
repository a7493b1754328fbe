// How a mail leaves. At least once: a repeat of the same mail must be harmless, or at least recognisable by its
// Message-ID. Asynchronous: `done` is called exactly once, on any thread.
#pragma once

#include <functional>

#include "absl/status/status.h"
#include "services/notification/domain/mail.h"

namespace ordersaga::notification {

class Sender {
 public:
  virtual ~Sender() = default;
  // An error means it may not have been sent: send it again.
  virtual void Send(Mail mail, std::function<void(absl::Status)> done) = 0;
};

}  // namespace ordersaga::notification

// A turn of notification. A notice takes two: one that stores the key IN_PROGRESS, and, when the mail has left, one
// that stores that. A crash in between sends the same mail, with the same Message-ID, once more.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "platform/participant/effect_store.h"
#include "services/notification/domain/mail.h"

namespace ordersaga::notification {

struct Begin {
  participant::ActionRequest request;
  Notice notice;
};
struct Finish {
  absl::Status sent;
};
// A key that was in progress when the process started.
struct Resume {};

struct Outcome {
  absl::Status status;               // an error is neither yes nor no
  participant::ActionAnswer action;  // its answer is the Message-ID
};

struct Item {
  std::string action_key;
  absl::Time deadline;
  std::variant<Begin, Finish, Resume> ask;
  std::function<void(const Outcome&)> done;  // may be empty

  Outcome outcome;
  bool send = false;  // after the commit
  Notice notice;
  absl::Time created_at;
};

class NotificationTurn {
 public:
  absl::Status Handle(pg::Tx& tx, std::vector<Item>& items, DatabaseClock& clock) const;

 private:
  struct Work;
  void Decide(const Begin& ask, Work& work, Item& item) const;
  void Decide(const Finish& ask, Work& work, Item& item) const;
  void Decide(const Resume& ask, Work& work, Item& item) const;

  const participant::EffectStore effects_;
};

}  // namespace ordersaga::notification

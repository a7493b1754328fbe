// Drives notices: turns in the database, the sender between them, and everybody who waits for the same key.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "platform/participant/turn_loop.h"
#include "services/notification/domain/sender.h"
#include "services/notification/store/notification_turn.h"

namespace ordersaga::notification {

class Notices final : public Service {
 public:
  using Done = std::function<void(const Outcome&)>;

  Notices(participant::TurnLoopOptions options, const Clock& clock, Sender& sender, std::string from);

  // Starts the turns; sends what was in progress when the process ended once more.
  absl::Status Start() override;
  void Stop() override { loop_.Stop(); }

  void Notify(Begin ask, absl::Time deadline, Done done);

  const participant::TurnLoop<Item>& loop() const { return loop_; }

 private:
  void OnCommitted(Item& item);
  void OnFailed(Item& item, const absl::Status& status);
  void Answer(const std::string& key, const Outcome& outcome);

  const pg::SessionOptions session_;
  Sender& sender_;
  const std::string from_;  // the address mails come from
  const NotificationTurn turn_;
  // Who waits for a mail that is being sent. Touched on the loop's thread only.
  std::map<std::string, std::vector<Done>> sending_;
  participant::TurnLoop<Item> loop_;
};

}  // namespace ordersaga::notification

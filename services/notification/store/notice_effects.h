// Mails as external effects: what notification adds to the participant's rules. A crash between a mail and its record
// sends the same mail, with the same Message-ID, once more.
#pragma once

#include <string>

#include "platform/participant/effects.h"
#include "services/notification/domain/sender.h"

namespace ordersaga::notification {

class NoticeEffects final : public participant::ExternalEffects {
 public:
  // `from`: the address mails come from. `sender` must outlive this.
  NoticeEffects(Sender& sender, std::string from) : sender_(sender), from_(std::move(from)) {}

  void Do(const participant::Ask& ask, Done done) override;
  // Never asked for: there is no call that takes a notice back.
  void Undo(const participant::Ask& /*ask*/, Done done) override { done({}); }
  void Settled(participant::Ask::What what, const participant::Outcome& outcome) const override;

 private:
  Sender& sender_;
  const std::string from_;
};

}  // namespace ordersaga::notification

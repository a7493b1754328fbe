#include "platform/amqp/confirm_window.h"

#include <algorithm>

namespace ordersaga::amqp {

void ConfirmWindow::Add(std::string message_id, absl::Duration sent_at, Done done) {
  slots_.push_back(Slot{std::move(message_id), sent_at, std::move(done)});
  ++unsettled_;
}

void ConfirmWindow::MarkReturned(std::string_view message_id) {
  next_return_ = std::max(next_return_, first_tag_);
  for (std::uint64_t tag = next_return_; tag < first_tag_ + slots_.size(); ++tag) {
    Slot& slot = slots_[tag - first_tag_];
    if (slot.settled || slot.message_id != message_id) continue;
    slot.returned = true;
    next_return_ = tag + 1;
    return;
  }
}

void ConfirmWindow::Confirm(std::uint64_t tag, bool multiple, bool ok, Settled* settled) {
  const std::uint64_t end = first_tag_ + slots_.size();
  // Tag 0 with `multiple` means "everything so far" (AMQP 0-9-1, basic.ack).
  const std::uint64_t last = tag == 0 && multiple ? end - 1 : std::min(tag, end - 1);
  if (tag >= end || last < first_tag_) return;
  for (std::uint64_t t = multiple ? first_tag_ : last; t <= last; ++t) {
    Slot& slot = slots_[t - first_tag_];
    const Outcome taken = slot.returned ? Outcome::kUnroutable : Outcome::kConfirmed;
    Settle(&slot, ok ? taken : Outcome::kRefused, settled);
  }
  while (!slots_.empty() && slots_.front().settled) {
    slots_.pop_front();
    ++first_tag_;
  }
}

void ConfirmWindow::EndAll(Outcome outcome, Settled* settled) {
  for (Slot& slot : slots_) Settle(&slot, outcome, settled);
  *this = ConfirmWindow();
}

void ConfirmWindow::Settle(Slot* slot, Outcome outcome, Settled* settled) {
  if (slot->settled) return;
  slot->settled = true;
  --unsettled_;
  settled->emplace_back(std::move(slot->done), outcome);
}

}  // namespace ordersaga::amqp

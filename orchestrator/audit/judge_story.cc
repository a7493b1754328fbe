// The events of one order: without holes, and one of the rows of the table of endings.
#include <fmt/format.h>

#include "orchestrator/audit/judge.h"

namespace ordersaga::audit {
namespace {

using orchestrator::Ending;
using orchestrator::Status;

// The routing keys that tell the ending, a blank behind each; without those that may come in between or afterwards.
std::string Told(const std::vector<Event>& events) {
  std::string told;
  bool ended = false;
  for (const Event& event : events) {
    if (event.routing_key == "saga.needs_attention") continue;
    if (ended && event.routing_key.starts_with("notification.")) continue;
    told += event.routing_key + " ";
    ended = ended || event.routing_key == "order.completed" || event.routing_key == "order.cancelled";
  }
  return told;
}

bool Fits(const SagaFacts& saga, const std::string& told) {
  const bool refunded = saga.refunded > 0;
  const std::string undone = refunded ? "payment.successful payment.refunded " : "";
  switch (*saga.ending) {
    case Ending::kCompleted:
      return told == "order.created payment.successful inventory.successful order.completed ";
    case Ending::kPaymentRejected:
      return told == "order.created payment.failed order.cancelled ";
    case Ending::kPaymentUnknown:
      return told == "order.created " + (refunded ? undone : "payment.failed ") + "order.cancelled ";
    case Ending::kInventoryRejected:
    case Ending::kInventoryUnknown:
      return told == "order.created payment.successful inventory.failed payment.refunded order.cancelled ";
    case Ending::kCancelledByCustomer:
    case Ending::kDeadlineExceeded:
      return told == "order.created " + undone + "order.cancelled ";
  }
  return false;
}

// False: reported.
bool IsGapless(const SagaFacts& saga, Report& report) {
  std::int64_t next = 1;
  for (const Event& event : saga.events) {
    if (event.sequence != next) {
      report(Rule::kEvents, fmt::format("event {} is {}", next, event.sequence > next ? "missing" : "there twice"));
      return false;
    }
    ++next;
  }
  if (next - 1 == saga.event_sequence) return true;
  report(Rule::kEvents, fmt::format("{} events are stored, and the saga wrote {}", next - 1, saga.event_sequence));
  return false;
}

}  // namespace

void JudgeStory(const SagaFacts& saga, Report& report) {
  for (const Event& event : saga.events) {
    if (event.contradiction.empty()) continue;
    report(Rule::kEvents, fmt::format("event {} ({}): {}", event.sequence, event.routing_key, event.contradiction));
  }
  if (!saga.events_kept || !IsGapless(saga, report)) return;
  const std::string told = Told(saga.events);
  if (saga.status == Status::kPending) {
    const bool outcome =
        told.find("order.completed ") != std::string::npos || told.find("order.cancelled ") != std::string::npos;
    if (outcome || !told.starts_with("order.created ")) {
      report(Rule::kEvents, fmt::format("PENDING, and its events are: {}", told));
    }
    return;
  }
  if (!saga.ending.has_value() || !Fits(saga, told)) {
    report(Rule::kEvents, fmt::format("{}, and its events are: {}", Name(saga.status), told));
  }
}

}  // namespace ordersaga::audit

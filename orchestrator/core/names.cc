// The names under which states are stored, shown and published: never rename one (tests/unit/core/names_test.cc).
#include <array>
#include <utility>

#include "orchestrator/core/decision.h"
#include "orchestrator/core/definition.h"
#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {
namespace {

template <typename Enum, std::size_t n>
std::optional<Enum> ParseWith(const std::array<Enum, n>& all, std::string_view name) {
  for (const Enum value : all) {
    if (Name(value) == name) return value;
  }
  return std::nullopt;
}

constexpr std::array kPhases = {Phase::kWaiting, Phase::kForward, Phase::kCompensating, Phase::kNotifying,
                                Phase::kFinished};
constexpr std::array kStepStates = {StepState::kWaiting,     StepState::kRunning, StepState::kApplied,
                                    StepState::kRejected,    StepState::kUnknown, StepState::kCompensating,
                                    StepState::kCompensated, StepState::kVoid};
constexpr std::array kStatuses = {Status::kPending, Status::kCompleted, Status::kCancelled};
constexpr std::array kEndings = {Ending::kCompleted,         Ending::kPaymentRejected,  Ending::kPaymentUnknown,
                                 Ending::kInventoryRejected, Ending::kInventoryUnknown, Ending::kCancelledByCustomer,
                                 Ending::kDeadlineExceeded};

}  // namespace

std::string_view Name(StepId id) {
  switch (id) {
    case StepId::kPayment:
      return "payment";
    case StepId::kInventory:
      return "inventory";
    case StepId::kNotification:
      return "notification";
  }
  return "?";
}

std::string_view Name(Phase phase) {
  switch (phase) {
    case Phase::kWaiting:
      return "waiting";
    case Phase::kForward:
      return "forward";
    case Phase::kCompensating:
      return "compensating";
    case Phase::kNotifying:
      return "notifying";
    case Phase::kFinished:
      return "finished";
  }
  return "?";
}

std::string_view Name(StepState state) {
  switch (state) {
    case StepState::kWaiting:
      return "waiting";
    case StepState::kRunning:
      return "running";
    case StepState::kApplied:
      return "applied";
    case StepState::kRejected:
      return "rejected";
    case StepState::kUnknown:
      return "unknown";
    case StepState::kCompensating:
      return "compensating";
    case StepState::kCompensated:
      return "compensated";
    case StepState::kVoid:
      return "void";
  }
  return "?";
}

std::string_view Name(Status status) {
  switch (status) {
    case Status::kPending:
      return "PENDING";
    case Status::kCompleted:
      return "COMPLETED";
    case Status::kCancelled:
      return "CANCELLED";
  }
  return "?";
}

std::string_view Name(Ending ending) {
  switch (ending) {
    case Ending::kCompleted:
      return "completed";
    case Ending::kPaymentRejected:
      return "payment_rejected";
    case Ending::kPaymentUnknown:
      return "payment_unknown";
    case Ending::kInventoryRejected:
      return "inventory_rejected";
    case Ending::kInventoryUnknown:
      return "inventory_unknown";
    case Ending::kCancelledByCustomer:
      return "cancelled_by_customer";
    case Ending::kDeadlineExceeded:
      return "deadline_exceeded";
  }
  return "?";
}

std::string_view RoutingKey(DomainEventType type) {
  switch (type) {
    case DomainEventType::kOrderCreated:
      return "order.created";
    case DomainEventType::kPaymentSuccessful:
      return "payment.successful";
    case DomainEventType::kPaymentFailed:
      return "payment.failed";
    case DomainEventType::kPaymentRefunded:
      return "payment.refunded";
    case DomainEventType::kInventorySuccessful:
      return "inventory.successful";
    case DomainEventType::kInventoryFailed:
      return "inventory.failed";
    case DomainEventType::kOrderCompleted:
      return "order.completed";
    case DomainEventType::kOrderCancelled:
      return "order.cancelled";
    case DomainEventType::kSagaNeedsAttention:
      return "saga.needs_attention";
    case DomainEventType::kNotificationSent:
      return "notification.sent";
  }
  return "?";
}

std::optional<Phase> ParsePhase(std::string_view name) {
  return ParseWith(kPhases, name);
}
std::optional<StepState> ParseStepState(std::string_view name) {
  return ParseWith(kStepStates, name);
}
std::optional<Status> ParseStatus(std::string_view name) {
  return ParseWith(kStatuses, name);
}
std::optional<Ending> ParseEnding(std::string_view name) {
  return ParseWith(kEndings, name);
}

}  // namespace ordersaga::orchestrator

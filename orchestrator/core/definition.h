// The order saga as a value: its steps, their policies, the pivot. Decide() interprets it; nothing else knows the
// sequence of steps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "platform/base/backoff.h"

namespace ordersaga::orchestrator {

// The participants an order can call. Their names are stored and part of every idempotency key: never rename.
enum class StepId { kPayment, kInventory, kNotification };
std::string_view Name(StepId id);  // "payment", "inventory", "notification"

enum class StepKind {
  kCompensatable,  // before the pivot; has a compensation
  kPivot,          // once its success is recorded the order can only go forward
  kRetriable,      // after the ending; repeated until it succeeds; never fails an order
};

// How often and how long one call is tried.
struct CallPolicy {
  absl::Duration attempt_timeout = absl::Seconds(10);
  absl::Duration budget = absl::Minutes(5);  // from the first attempt; then the call is given up
  Backoff backoff;
};

struct StepDefinition {
  StepId id;
  StepKind kind;
  CallPolicy action;
  std::optional<CallPolicy> compensation;
};

struct Definition {
  int version = 1;
  std::vector<StepDefinition> steps;
  absl::Duration deadline = absl::Minutes(15);    // from the start of the first step to the pivot
  absl::Duration late_margin = absl::Minutes(1);  // an action's not_after = deadline + this
};

// What may be configured; the defaults are the product's.
struct DefinitionOptions {
  absl::Duration attempt_timeout = absl::Seconds(10);
  absl::Duration payment_budget = absl::Minutes(5);
  absl::Duration inventory_budget = absl::Minutes(5);
  absl::Duration compensation_budget = absl::Hours(1);
  absl::Duration notification_budget = absl::Hours(24);
  absl::Duration saga_deadline = absl::Minutes(15);
  absl::Duration backoff_initial = absl::Milliseconds(200);
  absl::Duration backoff_cap = absl::Seconds(30);
};

// payment -> inventory (pivot) -> notification.
Definition OrderSaga(const DefinitionOptions& options);

// OK, or every rule the definition breaks, naming the step. Checked at start; a process with a bad one refuses to run.
absl::Status Check(const Definition& definition);

}  // namespace ordersaga::orchestrator

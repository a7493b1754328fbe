// The order saga as a value: its steps, their policies, the pivot. Decide() interprets it; nothing else knows the
// sequence of steps.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "platform/base/backoff.h"

namespace ordersaga::orchestrator {

// The participants an order can call.
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
  int max_attempts = 0;  // give up after so many, too; 0: only the budget counts
};

struct StepDefinition {
  std::string name;  // unique in its definition; stored and part of every idempotency key: never rename
  StepId participant;
  StepKind kind;
  CallPolicy action;
  std::optional<CallPolicy> compensation;
};

struct Definition {
  int version = 1;
  std::vector<StepDefinition> steps;
  absl::Duration deadline = absl::Minutes(15);    // from the start of the first step to the pivot
  absl::Duration late_margin = absl::Minutes(1);  // an action's not_after = deadline + this
  bool notification_events = false;               // notification.sent when the customer has been told
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
  bool notification_events = false;
};

// Version 1: payment -> inventory (pivot) -> notification.
Definition OrderSaga(const DefinitionOptions& options);

// Every version that a stored saga may have begun with. A saga finishes on the version it started with; new ones take
// the newest. Immutable once made.
class Definitions {
 public:
  explicit Definitions(std::vector<Definition> all);

  const Definition& newest() const { return by_version_.rbegin()->second; }
  // nullptr: a version this program does not know (a newer program made it).
  const Definition* Find(int version) const;
  const std::map<int, Definition>& all() const { return by_version_; }

 private:
  std::map<int, Definition> by_version_;
};

// OK, or every rule the definition breaks, naming the step. Checked at start; a process with a bad one refuses to run.
absl::Status Check(const Definition& definition);

}  // namespace ordersaga::orchestrator

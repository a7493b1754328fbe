// What a saga is made of, as a value: its steps, the policies of their calls, and what is told of them. Decide()
// interprets it. Nothing else knows the sequence of steps, and nothing asks which step it is dealing with: what makes
// one step differ from another stands here (docs/adding_a_step.md).
//
// All text is static: definitions are written in code, and what is made from them points into them.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "orchestrator/core/event_type.h"
#include "platform/base/backoff.h"

namespace ordersaga::orchestrator {

enum class StepKind {
  kCompensatable,  // before the pivot; has a compensation
  kPivot,          // once its success is recorded the order can only go forward
  kRetriable,      // after the ending; repeated until it succeeds; never fails an order
};

// What an action brings about, for those who keep count of it: the saga of the money that went back; an audit of money,
// stock and letters, which it compares with the services that keep them. Of the steps of a definition at most one has
// kMoney, one kStock and one kNotice.
enum class Effect { kOther, kMoney, kStock, kNotice };

// What the customer is told of in the end.
enum class NoticeKind { kCompleted, kPaymentFailed, kRefunded, kCancelled };

// How often and how long one call is tried.
struct CallPolicy {
  absl::Duration attempt_timeout = absl::Seconds(10);
  absl::Duration budget = absl::Minutes(5);  // from the first attempt; then the call is given up
  Backoff backoff;
  int max_attempts = 0;  // give up after so many, too; 0: only the budget counts
};

struct StepDefinition {
  std::string_view name;         // unique in its definition; stored and part of every idempotency key: never rename
  std::string_view participant;  // who is asked; its calls have a lane of their own
  StepKind kind;
  Effect effect;
  CallPolicy action;
  std::optional<CallPolicy> compensation = {};

  // What is published of it; nullptr: nothing. Failed: it was rejected, or given up. Undone: its effect was taken back.
  const EventType* applied_event = nullptr;
  const EventType* failed_event = nullptr;
  const EventType* undone_event = nullptr;

  // Given up without an answer: why its order is cancelled, or, of a retriable step, why its saga is parked. The reason
  // is a stable code, listed in docs/errors.md.
  std::string_view unknown_reason = {};
  std::string_view unknown_message = {};

  // What the customer is told of when the order ends at this step; if money went back, he is told of that instead.
  NoticeKind failure_notice = NoticeKind::kCancelled;
};

struct Definition {
  int version = 1;
  std::vector<StepDefinition> steps;
  absl::Duration deadline = absl::Minutes(15);    // from the start of the first step to the pivot
  absl::Duration late_margin = absl::Minutes(1);  // an action's not_after = deadline + this
};

// Every kind of event that its sagas publish, those of the order itself first.
std::vector<const EventType*> EventTypes(const Definition& definition);

// OK, or INVALID_ARGUMENT with every rule the definition breaks, naming step and field. Checked at start; a process
// with a bad one refuses to run.
absl::Status Check(const Definition& definition);

}  // namespace ordersaga::orchestrator

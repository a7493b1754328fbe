#include "orchestrator/core/order_saga.h"

namespace ordersaga::orchestrator {

Definition OrderSaga(const DefinitionOptions& options) {
  const Backoff backoff{options.backoff_initial, options.backoff_cap, 2.0};
  const auto policy = [&](absl::Duration budget) { return CallPolicy{options.attempt_timeout, budget, backoff, 0}; };
  const StepDefinition payment = {
      .name = "payment",
      .participant = "payment",
      .kind = StepKind::kCompensatable,
      .effect = Effect::kMoney,
      .action = policy(options.payment_budget),
      .compensation = policy(options.compensation_budget),
      .applied_event = &kPaymentSuccessful,
      .failed_event = &kPaymentFailed,
      .undone_event = &kPaymentRefunded,
      .unknown_reason = "PAYMENT_UNKNOWN",
      .unknown_message = "no answer from payment in time",
      .failure_notice = NoticeKind::kPaymentFailed,
  };
  const StepDefinition inventory = {
      .name = "inventory",
      .participant = "inventory",
      .kind = StepKind::kPivot,
      .effect = Effect::kStock,
      .action = policy(options.inventory_budget),
      .compensation = policy(options.compensation_budget),
      .applied_event = &kInventorySuccessful,
      .failed_event = &kInventoryFailed,
      .unknown_reason = "INVENTORY_UNKNOWN",
      .unknown_message = "no answer from inventory in time",
      .failure_notice = NoticeKind::kRefunded,
  };
  const StepDefinition notification = {
      .name = "notification",
      .participant = "notification",
      .kind = StepKind::kRetriable,
      .effect = Effect::kNotice,
      .action = policy(options.notification_budget),
      .applied_event = options.notification_events ? &kNotificationSent : nullptr,
      .unknown_reason = "NOTIFICATION_EXHAUSTED",
      .unknown_message = "the customer could not be told in time",
  };
  return {.version = 1, .steps = {payment, inventory, notification}, .deadline = options.saga_deadline};
}

Definitions OrderSagas(const DefinitionOptions& options) {
  return Definitions({OrderSaga(options)});
}

}  // namespace ordersaga::orchestrator

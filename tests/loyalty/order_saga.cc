#include "tests/loyalty/order_saga.h"

namespace ordersaga::loyalty {

orchestrator::Definition SagaWithLoyalty(const orchestrator::DefinitionOptions& options) {
  orchestrator::Definition definition = orchestrator::OrderSaga(options);
  definition.version = 2;
  const orchestrator::StepDefinition& payment = definition.steps[0];
  const orchestrator::StepDefinition loyalty = {
      .name = "loyalty",
      .participant = "loyalty",
      .kind = orchestrator::StepKind::kCompensatable,
      .effect = orchestrator::Effect::kOther,
      .action = payment.action,
      .compensation = payment.compensation,
      .applied_event = &kPointsGranted,
      .failed_event = &kPointsRefused,
      .undone_event = &kPointsReturned,
      .unknown_reason = "LOYALTY_UNKNOWN",
      .unknown_message = "no answer from loyalty in time",
      .failure_notice = orchestrator::NoticeKind::kRefunded,
  };
  definition.steps.insert(definition.steps.begin() + 1, loyalty);
  return definition;
}

orchestrator::Definitions SagasWithLoyalty(const orchestrator::DefinitionOptions& options) {
  return orchestrator::Definitions({orchestrator::OrderSaga(options), SagaWithLoyalty(options)});
}

}  // namespace ordersaga::loyalty

// The orchestrator with the fourth step: what main.cc of the product would be, and the one line that a step adds.
#include "orchestrator/composition.h"
#include "tests/loyalty/loyalty_participant.h"
#include "tests/loyalty/order_saga.h"

using namespace ordersaga;  // NOLINT(google-build-using-namespace): main only

int main(int argc, char** argv) {
  orchestrator::Composition orders = orchestrator::OrderComposition();
  orders.definitions = ordersaga::loyalty::SagasWithLoyalty;
  orders.participants.push_back({"loyalty", "127.0.0.1:50054", [](const rpc::Replicas& replicas) {
                                   return std::make_unique<ordersaga::loyalty::LoyaltyParticipant>(replicas);
                                 }});
  return orchestrator::RunOrchestrator(argc, argv, orders);
}

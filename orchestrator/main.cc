// orchestrator: accepts orders and drives every one of them to its ending. Needs PostgreSQL; talks to payment,
// inventory, notification and RabbitMQ when they are there.
#include "orchestrator/composition.h"

int main(int argc, char** argv) {
  using namespace ordersaga::orchestrator;  // NOLINT(google-build-using-namespace): main only
  return RunOrchestrator(argc, argv, OrderComposition());
}

// sagactl, able to audit orders of version 2 as well. For tests.
#include <iostream>

#include "sagactl/sagactl.h"
#include "tests/loyalty/order_saga.h"

int main(int argc, char** argv) {
  return ordersaga::cli::RunSagactl({argv + 1, argv + argc}, {.out = std::cout, .err = std::cerr},
                                    ordersaga::loyalty::SagasWithLoyalty({.notification_events = true}));
}

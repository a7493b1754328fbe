// bench-yardstick: what the machine does with the bare libraries, for the ratios of a bench run. See yardsticks.h.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/bench/load/yardsticks.h"

int main(int argc, char** argv) {
  using namespace ordersaga::bench;  // NOLINT(google-build-using-namespace): main only
  const std::string what = argc == 4 ? argv[1] : "";
  const double seconds = argc == 4 ? std::atof(argv[3]) : 0;
  if (what == "rpc") return MeasureRpc(std::atoi(argv[2]), seconds);
  if (what == "amqp") return MeasureAmqp(argv[2], seconds);
  if (what == "rows") return MeasureRows(argv[2], seconds);
  std::fprintf(stderr, "bench-yardstick rpc IN_FLIGHT SECONDS | amqp URL SECONDS | rows DATABASE_URL SECONDS\n");
  return 2;
}

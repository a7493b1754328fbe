// sagasim: runs the real engine through schedules of faults, and checks that nothing that must never be ever is.
#include <CLI/CLI.hpp>

#include "tests/simulation/run.h"

int main(int argc, char** argv) {
  CLI::App app("Simulates the saga engine under faults.", "sagasim");
  app.footer(
      "Examples:\n  sagasim --schedules 100000\n  sagasim --seed 4711 --trace     the story of one schedule\n"
      "Exit code 0: no violations.");
  std::uint64_t schedules = 1000;
  std::uint64_t first = 1;
  std::uint64_t seed = 0;
  bool trace = false;
  app.add_option("--schedules", schedules, "how many to run")->capture_default_str();
  app.add_option("--first", first, "the first one's seed; the others follow")->capture_default_str();
  CLI::Option* one = app.add_option("--seed", seed, "run this one only");
  app.add_flag("--trace", trace, "print what happens")->needs(one);
  CLI11_PARSE(app, argc, argv);
  const ordersaga::SystemClock clock;
  if (one->count() > 0) return ordersaga::sim::RunSchedules(seed, 1, trace, clock);
  return ordersaga::sim::RunSchedules(first, schedules, false, clock);
}

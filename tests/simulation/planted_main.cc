// sagasim-planted: the simulator against wrong variants of our own rules (planted/*.patch). It must find every one of
// them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "planted_bugs.h"
#include "tests/simulation/schedule.h"

namespace ordersaga {

int planted_bug = 0;

}  // namespace ordersaga

namespace {

// Runs schedules until one shows the bug. Returns its seed; 0: none did.
std::uint64_t Hunt(const ordersaga::Bug& bug, std::uint64_t limit, std::string* what) {
  ordersaga::planted_bug = bug.number;
  for (std::uint64_t seed = 1; seed <= limit; ++seed) {
    const ordersaga::sim::Result result = ordersaga::sim::Schedule(seed, false).Run();
    if (result.violations.empty()) continue;
    *what = result.violations.front();
    return seed;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Proves that the simulator finds bugs, by planting some.", "sagasim-planted");
  app.footer("Examples:\n  sagasim-planted\n  sagasim-planted --limit 200000\nExit code 0: every bug was found.");
  std::uint64_t limit = 20'000;
  app.add_option("--limit", limit, "schedules to try for each")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::size_t found = 0;
  fmt::print("{:<46} {:>7}  {}\n", "PLANTED BUG", "SEED", "WHAT WAS SEEN");
  for (const ordersaga::Bug& bug : ordersaga::kPlantedBugs) {
    std::string what = "not found";
    const std::uint64_t seed = Hunt(bug, limit, &what);
    if (seed != 0) ++found;
    fmt::print("{:<46} {:>7}  {}\n", bug.what, seed == 0 ? "-" : std::to_string(seed), what);
    std::fflush(stdout);
  }
  fmt::print("{} of {} planted bugs found\n", found, ordersaga::kPlantedBugs.size());
  return found == ordersaga::kPlantedBugs.size() ? 0 : 1;
}

// sagasim-planted: the simulator against wrong variants of our own rules. It must find every one of them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>

#include "platform/base/planted.h"
#include "tests/simulation/schedule.h"

namespace ordersaga {

PlantedBug planted_bug = PlantedBug::kNone;

}  // namespace ordersaga

namespace {

using ordersaga::PlantedBug;

struct Bug {
  PlantedBug bug;
  const char* name;
};

constexpr std::array kBugs = {
    Bug{PlantedBug::kTimeoutIsRefusal, "no answer is read as a refusal"},
    Bug{PlantedBug::kUnknownNotCompensated, "an unknown outcome is not compensated"},
    Bug{PlantedBug::kCancelForgetsUnknown, "a cancel forgets the call that is out"},
    Bug{PlantedBug::kSuccessBeatsCancel, "a late success beats an accepted cancel"},
    Bug{PlantedBug::kKeyPerAttempt, "a new idempotency key on every attempt"},
    Bug{PlantedBug::kSilentUndoIsDone, "an unanswered compensation counts as done"},
    Bug{PlantedBug::kResumeForgets, "a new owner does not repeat the open call"},
    Bug{PlantedBug::kActBeforeCommit, "participants are called before the commit"},
    Bug{PlantedBug::kDoubtIsSuccess, "a commit in doubt is taken for done"},
    Bug{PlantedBug::kTimersNotLoaded, "a new owner forgets who waits for a retry"},
    Bug{PlantedBug::kWaitingNotLoaded, "a new owner forgets who waits to start"},
    Bug{PlantedBug::kLossIsConfirm, "a lost publish counts as confirmed"},
    Bug{PlantedBug::kTwoEventsAtOnce, "two events of an order are out at once"},
    Bug{PlantedBug::kPositionBeforeConfirm, "the relay position runs ahead of the confirms"},
    Bug{PlantedBug::kLocalCommitBelieved, "a commit that is only local is believed"},
    Bug{PlantedBug::kCommitWithoutToken, "a turn does not prove its tokens"},
    Bug{PlantedBug::kTokenReadNotLocked, "a token is read at the start, not locked"},
    Bug{PlantedBug::kKeyNotUnique, "a key makes a second order"},
    Bug{PlantedBug::kNoDedupe, "a repeated action is done again"},
    Bug{PlantedBug::kNoTombstone, "no tombstone for an early compensation"},
    Bug{PlantedBug::kRejectionForgotten, "a rejection is not remembered"},
    Bug{PlantedBug::kUndoInProgressIgnored, "the undo of a running action does nothing"},
};
static_assert(kBugs.size() + 1 == static_cast<std::size_t>(PlantedBug::kCount));

// Runs schedules until one shows the bug. Returns its seed; 0: none did.
std::uint64_t Hunt(PlantedBug bug, std::uint64_t limit, std::string* what) {
  ordersaga::planted_bug = bug;
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
  for (const Bug& bug : kBugs) {
    std::string what = "not found";
    const std::uint64_t seed = Hunt(bug.bug, limit, &what);
    if (seed != 0) ++found;
    fmt::print("{:<46} {:>7}  {}\n", bug.name, seed == 0 ? "-" : std::to_string(seed), what);
    std::fflush(stdout);
  }
  fmt::print("{} of {} planted bugs found\n", found, kBugs.size());
  return found == kBugs.size() ? 0 : 1;
}

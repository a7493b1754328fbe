#include "tests/simulation/run.h"

#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/schedule.h"

namespace ordersaga::sim {
namespace {

constexpr std::uint64_t kManyEnough = 1000;  // schedules, for every fault to be met
constexpr std::size_t kShown = 20;           // violations

void PrintHits(const Result& sum, std::uint64_t count) {
  fmt::print("{:.0f} events per schedule; faults met:\n",
             static_cast<double>(sum.events) / static_cast<double>(std::max<std::uint64_t>(count, 1)));
  for (std::size_t i = 0; i < sum.hits.size(); ++i) {
    fmt::print("  {:<16} {:>10}\n", Name(static_cast<Fault>(i)), sum.hits[i]);
  }
}

}  // namespace

int RunSchedules(std::uint64_t first, std::uint64_t count, bool trace, const Clock& clock) {
  Result sum;
  const absl::Duration begin = clock.Monotonic();
  absl::Duration told = begin;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Result result = Schedule(seed, trace).Run();
    sum.events += result.events;
    for (std::size_t i = 0; i < sum.hits.size(); ++i) sum.hits[i] += result.hits[i];
    for (const std::string& violation : result.violations) {
      if (sum.violations.size() < kShown) fmt::print("seed {}: {}\n", seed, violation);
      sum.violations.push_back(violation);
    }
    if (clock.Monotonic() - told >= absl::Seconds(10)) {
      told = clock.Monotonic();
      fmt::print("  {} of {} schedules, {} violations\n", seed - first + 1, count, sum.violations.size());
      std::fflush(stdout);
    }
  }
  const double seconds = std::max(1e-9, absl::ToDoubleSeconds(clock.Monotonic() - begin));
  PrintHits(sum, count);
  const bool all_met = std::find(sum.hits.begin(), sum.hits.end(), 0) == sum.hits.end();
  if (count >= kManyEnough && !all_met)
    fmt::print("a kind of fault was never met: the schedules prove nothing about it\n");
  fmt::print("{} schedules, {} events, {} violations, {:.0f} schedules/s\n", count, sum.events, sum.violations.size(),
             static_cast<double>(count) / seconds);
  return sum.violations.empty() && (all_met || count < kManyEnough) ? 0 : 1;
}

}  // namespace ordersaga::sim

#include "tests/simulation/world.h"

#include <algorithm>

namespace ordersaga::sim {

std::string_view Name(Fault fault) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Fault::kCount)> kNames = {
      "crash",        "pause",       "long pause",   "pause in turn",   "drain",
      "clock skew",   "db away",     "in doubt",     "bad row",         "request lost",
      "reply lost",   "duplicate",   "late",         "service crash",   "provider silent",
      "refund fails", "broker away", "confirm lost", "broker refuses",  "client repeats",
      "cancel",       "operator",    "part by hand", "settled by hand", "participant held"};
  return kNames[static_cast<std::size_t>(fault)];
}

void World::After(absl::Duration wait, Closure what) {
  queue_.push_back({now_ + std::max(wait, absl::ZeroDuration()), next_number_++, std::move(what)});
  std::push_heap(queue_.begin(), queue_.end(), Later);
}

bool World::RunNext() {
  if (queue_.empty()) return false;
  std::pop_heap(queue_.begin(), queue_.end(), Later);
  Event event = std::move(queue_.back());
  queue_.pop_back();
  now_ = event.at;
  ++events_;
  event.what();
  return true;
}

void World::Violate(std::string what) {
  Tell("VIOLATION: {}", what);
  violations_.push_back(std::move(what));
}

void World::Print(const std::string& line) const {
  fmt::print("{:>9.3f}s  {}\n", absl::ToDoubleSeconds(now_), line);
}

}  // namespace ordersaga::sim

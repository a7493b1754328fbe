// What a participant tells its operators: is the database there, and how many turns there have been.
#pragma once

#include <atomic>
#include <string>

#include "platform/base/clock.h"
#include "platform/participant/turn_loop.h"
#include "platform/pg/session.h"
#include "platform/runtime/config.h"
#include "platform/runtime/metrics.h"
#include "platform/runtime/timer_thread.h"

namespace ordersaga::participant {

// Asks the database once a second whether it is there, on a thread and connection of its own.
class DatabaseWatch final : public Service {
 public:
  DatabaseWatch(pg::SessionOptions options, const Clock& clock) : session_(std::move(options)), timers_(clock) {}
  ~DatabaseWatch() override { Stop(); }

  absl::Status Start() override;
  void Stop() override { timers_.Stop(); }

  // For the readiness page; any thread.
  absl::Status Check(bool schema_ready) const;

 private:
  void Ask();

  pg::Session session_;
  TimerThread timers_;
  std::atomic<bool> there_{false};
};

// The settings of a service's turns.
struct TurnSettings {
  std::int64_t turn_size = 256;
  std::int64_t turn_queue = 20'000;

  TurnLoopOptions With(pg::SessionOptions session) const {
    session.settings = pg::PinnedPlans();
    return {std::move(session), static_cast<std::size_t>(turn_queue), static_cast<std::size_t>(turn_size)};
  }
};
inline void AddTurnConfig(Config& config, TurnSettings* settings) {
  config.Add("turn_size", &settings->turn_size, 1, 10'000, "how many requests one transaction handles at most");
  config.Add("turn_queue", &settings->turn_queue, 1, 1'000'000,
             "how many requests may wait; more are answered RESOURCE_EXHAUSTED");
}

template <typename Loop>
void ExportTurns(Metrics& metrics, const std::string& service, const Loop& loop) {
  metrics.Read("ordersaga_" + service + "_turns", "Transactions of the turn loop since the start",
               [&loop] { return static_cast<double>(loop.turns()); });
  metrics.Read("ordersaga_" + service + "_turn_items", "Requests handled by those transactions",
               [&loop] { return static_cast<double>(loop.items()); });
}

}  // namespace ordersaga::participant

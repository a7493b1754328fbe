// What a participant tells its operators: is the database there and does it take writes, and how many turns there have
// been.
#pragma once

#include <functional>
#include <string>

#include "platform/base/clock.h"
#include "platform/participant/shell/turn_loop.h"
#include "platform/pg/periodic.h"
#include "platform/pg/schema.h"
#include "platform/runtime/config.h"
#include "platform/runtime/metrics.h"

namespace ordersaga::participant {

// Asks the database once a second whether it is there, on a thread and connection of its own. Only a young answer
// counts: a database that has fallen silent gives none, and a connection to it may take long to notice.
class DatabaseWatch final : public Service {
 public:
  // `trouble`: what keeps turns from being stored; empty if nothing does. Called by any thread.
  DatabaseWatch(pg::SessionOptions options, const Clock& clock, const pg::Schema& schema,
                std::function<std::string()> trouble);

  absl::Status Start() override { return periodic_.Start(); }
  void Stop() override { periodic_.Stop(); }

  // For the readiness page: OK, or UNAVAILABLE and why. Any thread.
  absl::Status Check() const;

 private:
  absl::Duration Ask(pg::PqxxSession& session);

  const Clock& clock_;
  const pg::Schema& schema_;
  const std::function<std::string()> trouble_;
  mutable absl::Mutex mu_;
  absl::Duration answered_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();  // monotonic
  std::string error_ ABSL_GUARDED_BY(mu_);
  pg::Periodic periodic_;  // last: it uses the others
};

// The settings of a service's turns.
struct TurnSettings {
  std::int64_t turn_size = 256;

  TurnLoopOptions With(pg::SessionOptions session) const {
    session.settings = pg::PinnedPlans();
    // Shorter than the callers' patience, so that they hear of a database that has frozen.
    session.statement_timeout = absl::Seconds(4);
    session.answer_timeout = absl::Seconds(5);
    return {.session = std::move(session), .max_turn = static_cast<std::size_t>(turn_size)};
  }
};
inline void AddTurnConfig(Config& config, TurnSettings* settings) {
  config.Add("turn_size", &settings->turn_size, 1, 10'000, "how many requests one transaction handles at most");
}

template <typename Loop>
void ExportTurns(Metrics& metrics, const std::string& service, const Loop& loop) {
  metrics.Read("ordersaga_" + service + "_turns", "Transactions of the turn loop since the start",
               [&loop] { return static_cast<double>(loop.turns()); });
  metrics.Read("ordersaga_database_clock_offset_seconds",
               "How far ahead the database's clock was of what was expected when it was last read; negative: behind",
               [&loop] { return absl::ToDoubleSeconds(loop.clock_offset()); });
  metrics.Read("ordersaga_" + service + "_turn_items", "Requests handled by those transactions",
               [&loop] { return static_cast<double>(loop.items()); });
}

}  // namespace ordersaga::participant

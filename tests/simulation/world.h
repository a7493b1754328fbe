// One simulated world: virtual time, one source of chance, and everything that happens as events in their order. One
// thread; the same seed gives the same world.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "platform/base/clock.h"
#include "platform/base/rng.h"

namespace ordersaga::sim {

// What can go wrong. Counted where it takes effect, so that a fault that never bites is seen.
enum class Fault {
  kCrash,           // a replica dies at once
  kPause,           // a replica is frozen for less than its lease
  kLongPause,       // ... for longer
  kPauseInTurn,     // ... between a turn's fence and its commit
  kDrain,           // a replica leaves politely and a new one joins
  kSkew,            // a replica's wall clock is wrong
  kDatabaseAway,    // a statement meets a database that is down
  kInDoubt,         // the connection is lost at COMMIT
  kBadRow,          // a row cannot be stored
  kRequestLost,     // a call never arrives
  kReplyLost,       // a call is carried out and its answer lost
  kDuplicate,       // a call arrives twice
  kLate,            // a call or its answer is held up, so that others overtake it
  kServiceCrash,    // a participant dies with calls under way
  kProviderSilent,  // the payment provider does it, or not, and does not say
  kRefundFails,     // the payment provider cannot refund
  kBrokerAway,      // a publish meets no broker
  kConfirmLost,     // the broker has the event; its confirm is lost
  kBrokerRefuses,   // the broker refuses an event, though some queues may have got it
  kClientRepeats,   // a client sends its order again with the same key, perhaps at the same time
  kCancel,          // the customer cancels
  kOperator,        // an operator does something to a saga
  kPart,            // somebody gives part of a charge back, by hand
  kSettle,          // a refund fails for long, and an operator gives the money back by hand
  kHold,            // an operator puts a participant on hold for a while
  kCount,
};
std::string_view Name(Fault fault);

class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() override {  // SplitMix64 (Steele, Lea, Flood 2014)
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

class World {
 public:
  using Closure = std::function<void()>;

  // `trace`: print the story as it happens.
  World(std::uint64_t seed, bool trace) : rng_(seed), trace_(trace) {}

  absl::Duration now() const { return now_; }
  absl::Time Time() const { return absl::FromUnixSeconds(1'700'000'000) + now_; }
  void After(absl::Duration wait, Closure what);
  // Runs the next event. False if there is none.
  bool RunNext();
  std::int64_t events() const { return events_; }

  Rng& rng() { return rng_; }
  bool Chance(double p) { return rng_.Fraction() < p; }
  absl::Duration Between(absl::Duration low, absl::Duration high) { return low + (high - low) * rng_.Fraction(); }
  std::size_t Below(std::size_t n) { return static_cast<std::size_t>(rng_.Next() % n); }

  void Hit(Fault fault) { ++hits_[static_cast<std::size_t>(fault)]; }
  const std::array<std::int64_t, static_cast<std::size_t>(Fault::kCount)>& hits() const { return hits_; }

  // Something that must never be.
  void Violate(std::string what);
  const std::vector<std::string>& violations() const { return violations_; }

  // A line of the story.
  template <typename... Args>
  void Tell(fmt::format_string<Args...> format, Args&&... args) {
    if (trace_) Print(fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  struct Event {
    absl::Duration at;
    std::uint64_t number;
    Closure what;
  };
  static bool Later(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.number > b.number; }
  void Print(const std::string& line) const;

  SeededRng rng_;
  const bool trace_;
  absl::Duration now_;
  std::uint64_t next_number_ = 0;
  std::int64_t events_ = 0;
  std::vector<Event> queue_;  // a heap
  std::array<std::int64_t, static_cast<std::size_t>(Fault::kCount)> hits_{};
  std::vector<std::string> violations_;
};

// A machine's clock: the world's, wrong by `skew`.
class MachineClock final : public Clock {
 public:
  explicit MachineClock(const World& world, absl::Duration skew = absl::ZeroDuration()) : world_(world), skew_(skew) {}
  absl::Time Now() const override { return world_.Time() + skew_; }
  absl::Duration Monotonic() const override { return world_.now(); }

 private:
  const World& world_;
  const absl::Duration skew_;
};

}  // namespace ordersaga::sim

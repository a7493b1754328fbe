// Chance as an argument, like Clock.
#pragma once

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/synchronization/mutex.h"

namespace ordersaga {

class Rng {
 public:
  virtual ~Rng() = default;
  virtual std::uint64_t Next() = 0;

  // Uniform in [0, 1).
  double Fraction() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
};

// Thread-safe; seeded by the operating system.
class SystemRng final : public Rng {
 public:
  std::uint64_t Next() override;

 private:
  absl::Mutex mu_;
  absl::BitGen gen_ ABSL_GUARDED_BY(mu_);
};

}  // namespace ordersaga

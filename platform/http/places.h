// The places a server has for connections, in all and per address. A connection that waits for a request keeps its
// place only until somebody needs it: whoever has waited longest goes first. One with a request under way never goes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"

namespace ordersaga::http {

class Place;

// Thread-safe. Outlives its places.
class Places {
 public:
  Places(std::int64_t max, std::int64_t max_per_address) : max_(max), max_per_address_(max_per_address) {}
  // How many connections have one.
  int taken() const;

 private:
  friend class Place;
  using Idle = std::map<std::uint64_t, Place*>;  // in the order in which they began to wait
  struct Address {
    std::int64_t taken = 0;
    Idle idle;
  };

  void Take(Place& place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Free(Place& place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool GiveAwayFirst(const Idle& idle) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::int64_t max_;
  const std::int64_t max_per_address_;
  mutable absl::Mutex mu_;
  std::int64_t taken_ ABSL_GUARDED_BY(mu_) = 0;
  std::uint64_t numbers_ ABSL_GUARDED_BY(mu_) = 0;
  Idle idle_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_map<std::string, Address> addresses_ ABSL_GUARDED_BY(mu_);
};

enum class Entry { kAdmitted, kFull, kAddressFull };

// One connection's place, for as long as it lives. Its methods are the connection's, one after the other.
class Place {
 public:
  // Takes a place, from an idle connection if there is no other.
  Place(Places& places, std::string address);
  ~Place();
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  Entry entry() const { return entry_; }
  // The connection waits for a request. `leave` is called if the place goes to another: on any thread, with a lock
  // held, so it does no more than post.
  void BeginIdle(std::function<void()> leave);
  // It waits no longer. False: the place has gone.
  bool EndIdle();
  // For a request that had arrived when the place went: it is served, beyond the limit if need be.
  void TakeBack();
  bool taken() const;

 private:
  friend class Places;

  Places& places_;
  const std::string address_;
  Entry entry_ = Entry::kAdmitted;
  // Guarded by places_.mu_.
  bool taken_ = false;
  std::uint64_t number_ = 0;  // among the idle; 0: it is not
  std::function<void()> leave_;
};

}  // namespace ordersaga::http

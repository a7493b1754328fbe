#include "platform/http/places.h"

#include <utility>

namespace ordersaga::http {

int Places::taken() const {
  absl::MutexLock lock(&mu_);
  return static_cast<int>(taken_);
}

void Places::Take(Place& place) {
  place.taken_ = true;
  ++taken_;
  ++addresses_[place.address_].taken;
}

void Places::Free(Place& place) {
  const auto address = addresses_.find(place.address_);
  if (const std::uint64_t number = std::exchange(place.number_, 0); number != 0) {
    idle_.erase(number);
    address->second.idle.erase(number);
  }
  if (!std::exchange(place.taken_, false)) return;
  --taken_;
  if (--address->second.taken == 0) addresses_.erase(address);
}

bool Places::GiveAwayFirst(const Idle& idle) {
  if (idle.empty()) return false;
  Place& place = *idle.begin()->second;
  Free(place);
  std::exchange(place.leave_, nullptr)();
  return true;
}

Place::Place(Places& places, std::string address) : places_(places), address_(std::move(address)) {
  absl::MutexLock lock(&places_.mu_);
  const auto neighbours = places_.addresses_.find(address_);
  const bool address_full =
      neighbours != places_.addresses_.end() && neighbours->second.taken >= places_.max_per_address_;
  if (address_full && !places_.GiveAwayFirst(neighbours->second.idle)) {
    entry_ = Entry::kAddressFull;
  } else if (places_.taken_ >= places_.max_ && !places_.GiveAwayFirst(places_.idle_)) {
    entry_ = Entry::kFull;
  } else {
    places_.Take(*this);
  }
}

Place::~Place() {
  absl::MutexLock lock(&places_.mu_);
  places_.Free(*this);
}

void Place::BeginIdle(std::function<void()> leave) {
  absl::MutexLock lock(&places_.mu_);
  leave_ = std::move(leave);
  number_ = ++places_.numbers_;
  places_.idle_.emplace(number_, this);
  places_.addresses_[address_].idle.emplace(number_, this);
}

bool Place::EndIdle() {
  absl::MutexLock lock(&places_.mu_);
  leave_ = nullptr;
  if (!taken_) return false;
  if (const std::uint64_t number = std::exchange(number_, 0); number != 0) {
    places_.idle_.erase(number);
    places_.addresses_[address_].idle.erase(number);
  }
  return true;
}

void Place::TakeBack() {
  absl::MutexLock lock(&places_.mu_);
  if (!taken_) places_.Take(*this);
}

bool Place::taken() const {
  absl::MutexLock lock(&places_.mu_);
  return taken_;
}

}  // namespace ordersaga::http

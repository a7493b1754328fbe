// Every version of the saga that a program knows.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "orchestrator/core/definition.h"

namespace ordersaga::orchestrator {

// A saga finishes on the version it started with; new ones take the newest. Immutable once made; must outlive all that
// was decided by it.
class Definitions {
 public:
  explicit Definitions(std::vector<Definition> all);

  const Definition& newest() const { return by_version_.rbegin()->second; }
  // nullptr: a version this program does not know (a newer program made it).
  const Definition* Find(int version) const;
  const std::map<int, Definition>& all() const { return by_version_; }

  // Versions of which there was more than one definition; Check refuses them.
  const std::vector<int>& given_twice() const { return given_twice_; }

  // Everybody that a step of any version asks, each once.
  std::vector<std::string_view> participants() const;
  // Where events of any version go, each once: what the broker must have.
  std::vector<std::string_view> exchanges() const;
  // Where the events with this routing key go. Those of a version that is not known here: "orders".
  std::string_view ExchangeOf(std::string_view routing_key) const;

 private:
  std::map<int, Definition> by_version_;
  std::vector<int> given_twice_;
  std::vector<const EventType*> event_types_;  // of all versions; some more than once
};

// OK, or INVALID_ARGUMENT with what is wrong with any of them.
absl::Status Check(const Definitions& definitions);

}  // namespace ordersaga::orchestrator

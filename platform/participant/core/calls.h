// What this process is asking of the provider, and who waits for it. Of all that shares a lock key one call is under
// way: who asks for the same joins it and gets its answer; who asks for something else is to come back. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/participant/core/turn.h"

namespace ordersaga::participant {

class Calls {
 public:
  using Done = std::function<void(const Outcome&)>;  // called once; may be empty

  // Something is being asked under this lock key.
  bool Has(const std::string& lock_key) const { return calls_.contains(lock_key); }
  bool empty() const { return calls_.empty(); }

  // After the commit of a request: answers whom it answers. What the provider is to be asked now, if anything; what it
  // says must come back as Answered.
  std::optional<Ask> Committed(const Request& request, Decided decided, Done done);
  // Nothing of the request was stored, or nobody knows. What the provider said is lost here, but not there: whoever
  // asks again asks it again.
  void Failed(const Request& request, const absl::Status& status, const Done& done);

 private:
  struct Call {
    Ask::What what;
    std::string key;
    std::vector<Done> waiting;
  };
  bool Join(const Ask& ask, Done done);
  void Answer(const Answered& answered, const Outcome& outcome);

  std::map<std::string, Call> calls_;  // by lock key
};

}  // namespace ordersaga::participant

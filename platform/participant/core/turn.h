// What one turn of a participant decides: pure. The shell loads what the requests concern, asks DecideTurn, writes what
// it says, commits, and then asks the provider and answers (shell/participant.h). The simulator does the same over
// maps.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "platform/participant/core/request.h"

namespace ordersaga::participant {

// The answer to a request.
struct Outcome {
  absl::Status status;   // an error is neither yes nor no
  ActionAnswer action;   // to an action
  bool undone = false;   // to a compensation: something was taken back, now or before
  bool by_hand = false;  // that was done by hand
  bool fresh = false;    // that is so since this turn
  EffectRecord record;   // as it is now; without a key if there is none
};

// What the service says while a turn is decided. Calls come in the order of the requests.
class Effects {
 public:
  virtual ~Effects() = default;
  // Why a new record cannot be, in the service's words; of a part, by its whole as it is now. Pure.
  virtual std::optional<ActionAnswer> Refuse(const EffectRecord& /*record*/, const EffectRecord* /*whole*/) {
    return std::nullopt;
  }
  // Does what a new record asks, or refuses. None: the provider has to be asked.
  virtual std::optional<ActionAnswer> Apply(const EffectRecord& record) = 0;
  // Takes back what an applied record did. False: the provider has to be asked.
  virtual bool Undo(const EffectRecord& record) = 0;
};

class Calls;

// The records that exist of those that Needs names, and the database's time.
struct Loaded {
  std::map<std::string, EffectRecord> records;  // by action key
  absl::Time now;
};

struct Change {
  const EffectRecord* before;  // in Loaded
  EffectRecord after;
};
struct Decided {
  Outcome outcome;
  bool awaited = false;    // the answer is the provider's; else it is the outcome
  std::optional<Ask> ask;  // after the commit
};
struct Turn {
  std::vector<EffectRecord> inserts;
  std::vector<Change> updates;
  std::vector<Decided> decided;  // one for each request
  bool tombstones = false;       // among the inserts
};

// No two requests may share a lock key or a key. `loaded` must outlive what is returned.
Turn DecideTurn(const Requests& requests, const Loaded& loaded, const Calls& calls, Effects& effects);

// The records that Effects will be asked to apply or undo, the former as they will begin. Pointers into `loaded` and
// `fresh`.
std::vector<const EffectRecord*> Concerned(const Requests& requests, const Loaded& loaded,
                                           std::vector<EffectRecord>& fresh);

}  // namespace ordersaga::participant

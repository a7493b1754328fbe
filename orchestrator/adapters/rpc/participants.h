// All participants behind one: hands each call to the one it names. Does not own them; they must outlive it.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "orchestrator/core/definitions.h"
#include "orchestrator/ports/participant.h"

namespace ordersaga::orchestrator {

class Participants final : public Participant {
 public:
  // By the names that definitions use; static text.
  using ByName = std::map<std::string_view, Participant*>;
  explicit Participants(ByName all) : all_(std::move(all)) {}

  // Errors: INVALID_ARGUMENT naming every step that asks somebody who is not here. To be called before the first call.
  absl::Status Check(const Definitions& definitions) const;

  void Call(std::vector<ParticipantCall> calls) override;

 private:
  const ByName all_;
};

}  // namespace ordersaga::orchestrator

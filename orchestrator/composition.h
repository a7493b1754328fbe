// The orchestrator as a program: which sagas it knows, and who carries out their steps. main.cc runs the product's. A
// step is added by another definition and its participant (docs/adding_a_step.md).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/adapters/rpc/rpc_participant.h"
#include "orchestrator/core/order_saga.h"

namespace ordersaga::orchestrator {

// Somebody whom definitions ask. Where he is, is the setting "<name>_address".
struct ParticipantEntry {
  std::string name;     // as definitions use it
  std::string address;  // the setting's default
  std::function<std::unique_ptr<RpcParticipant>(const rpc::Replicas&)> make;
};

struct Composition {
  // Every version that a stored saga may have begun with; new orders take the newest.
  std::function<Definitions(const DefinitionOptions&)> definitions;
  std::vector<ParticipantEntry> participants;  // one of them is "inventory", whose catalogue has the prices
};

// The product's.
Composition OrderComposition();

// From main, first thing. Returns the exit code; 2: the settings or the definitions make no sense.
int RunOrchestrator(int argc, char** argv, const Composition& composition);

}  // namespace ordersaga::orchestrator

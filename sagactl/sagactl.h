// The operator's command line: looks at sagas through SagaAdminService.
//
// Data goes to `out`, messages to `err`. Every error says what to do next.
#pragma once

#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "orchestrator/core/definitions.h"

namespace ordersaga::cli {

// Published; scripts rely on them.
enum ExitCode {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kNotFound = 3,
  kConflict = 4,     // not possible now, or the saga has moved on
  kUnreachable = 5,  // nobody answers, or the orchestrator cannot at the moment
  kTimeout = 6,
};

struct Terminal {
  std::ostream& out;
  std::ostream& err;
  std::istream* in = nullptr;  // a person who can be asked; nullptr: nobody
  bool colored = false;        // what --color auto means here
};

// Every version of the order's saga. What a setting of the orchestrator adds is part of it.
const orchestrator::Definitions& KnownSagas();

// `args` without the program's name. SAGACTL_ADDRESS is read from the environment. `sagas`: those that can be audited.
int RunSagactl(const std::vector<std::string>& args, const Terminal& terminal,
               const orchestrator::Definitions& sagas = KnownSagas());

}  // namespace ordersaga::cli

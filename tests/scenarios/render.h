// What came of a happening, in the words of README.md.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/core/decision.h"

namespace ordersaga::orchestrator {

std::vector<std::string> Describe(const Definition& definition, const Decision& decision, absl::Time now);

// Everything that the short form leaves out: each step, reasons, money.
std::vector<std::string> DescribeSaga(const Saga& saga);

}  // namespace ordersaga::orchestrator

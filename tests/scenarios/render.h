// What came of a happening, in the words of README.md.
#pragma once

#include <string>
#include <vector>

#include "orchestrator/core/decision.h"
#include "orchestrator/core/why.h"

namespace ordersaga::orchestrator {

std::vector<std::string> Describe(const Definition& definition, const Decision& decision, absl::Time now);

// Everything that the short form leaves out: each step, reasons, money.
std::vector<std::string> DescribeSaga(const Saga& saga);

// What an operator is told: what it waits for, what comes by itself, what he can do.
std::vector<std::string> DescribeWhy(const Why& why, absl::Time now);

}  // namespace ordersaga::orchestrator

// The table of endings: the name that each is stored and shown under, and what the customer is told of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

// "completed", "cancelled_by_customer", "deadline_exceeded"; of a step "<step>_rejected" or "<step>_unknown". Stored:
// never rename.
std::string NameOf(const Ending& ending, const std::vector<StepRecord>& steps);
std::string NameOf(const Ending& ending, const Definition& definition);
std::optional<Ending> ParseEnding(std::string_view name, const std::vector<StepRecord>& steps);
std::optional<Ending> ParseEnding(std::string_view name, const Definition& definition);

// Which letter the ending calls for. `refunded`: what went back to the customer.
NoticeKind NoticeFor(const Definition& definition, const Ending& ending, const Money& refunded);

}  // namespace ordersaga::orchestrator

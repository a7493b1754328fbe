// sagactl's command line, parsed.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "orchestrator/cli/sagactl.h"

namespace ordersaga::cli {

struct ListCommand {
  std::string status;  // PENDING, COMPLETED, CANCELLED or empty for all
  bool open_only = false;
  int limit = 50;
};

struct ShowCommand {
  std::string id;
};

struct Options {
  std::string address = "127.0.0.1:50050";
  absl::Duration timeout = absl::Seconds(10);
  bool colored = false;
  bool json = false;
  std::variant<ListCommand, ShowCommand> command;
};

// Either options to go on with, or (help, version, usage errors: already printed) the exit code.
std::variant<Options, int> ParseOptions(const std::vector<std::string>& args, const Terminal& terminal);

}  // namespace ordersaga::cli

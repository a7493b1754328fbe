// The option -o of every command that prints.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace ordersaga::cli {

inline void AddOutput(CLI::App* command, std::string* output) {
  command->add_option("-o,--output", *output, "table (for people) or json (for programs)")
      ->check(CLI::IsMember({"table", "json"}))
      ->capture_default_str();
}

}  // namespace ordersaga::cli

// The settings every program has, and its first steps, so that no main repeats them.
#pragma once

#include <optional>
#include <string>

#include "platform/runtime/config.h"
#include "platform/runtime/log.h"

namespace ordersaga::http {

struct ProcessOptions {
  LogOptions log;
  std::string bind_address = "127.0.0.1";
  std::int64_t server_port = 0;
  std::int64_t admin_port = 0;
  std::string tls_folder;  // empty: none; see rpc::Identity
  bool reflection = true;  // of programs that serve gRPC
  absl::Duration drain_timeout = absl::Seconds(20);
};

// The command `health` too.
void AddProcessConfig(Config& config, ProcessOptions* options);
// Of a program that serves gRPC.
void AddServiceConfig(Config& config, ProcessOptions* options);

// Whether other machines reach what listens there: it is not of loopback.
bool IsOpen(const std::string& bind_address);

// Reads the settings and opens the log. nullopt: go on. Otherwise exit with this code: Config's own, 2 if the log
// cannot be had or the program would be open to others and know nobody (IsOpen without tls_folder), or what `health`
// has found (0 ready, 1 not; it says which).
std::optional<int> BeginProcess(Config& config, ProcessOptions& options, int argc, char** argv);

}  // namespace ordersaga::http

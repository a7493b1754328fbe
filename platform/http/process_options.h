// The settings every process has, so that no main repeats them.
#pragma once

#include <string>

#include "platform/runtime/config.h"
#include "platform/runtime/log.h"

namespace ordersaga::http {

struct ProcessOptions {
  LogOptions log;
  std::string bind_address = "127.0.0.1";
  std::int64_t server_port = 0;
  std::int64_t admin_port = 0;
  absl::Duration drain_timeout = absl::Seconds(20);
};

inline void AddProcessConfig(Config& config, ProcessOptions* options) {
  AddLogConfig(config, &options->log);
  config.Add("bind_address", &options->bind_address, "the address to listen on");
  config.Add("server_port", &options->server_port, 0, 65535, "the port to serve on");
  config.Add("admin_port", &options->admin_port, 0, 65535, "the port of /livez, /readyz, /metrics and /version");
  config.Add("drain_timeout", &options->drain_timeout, absl::Seconds(1), absl::Minutes(10),
             "how long a stop may take before the process ends at once");
}

}  // namespace ordersaga::http

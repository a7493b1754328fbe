// Everything the gateway can be told, with its defaults.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "platform/http/process_options.h"
#include "platform/http/server.h"

namespace ordersaga::gateway {

struct Settings {
  Settings();

  http::ProcessOptions process;
  std::string orchestrator_address = "127.0.0.1:50050";
  std::string payment_address = "127.0.0.1:50051";
  std::string inventory_address = "127.0.0.1:50052";
  std::string allowed_hosts;  // separated by commas
  std::string open_routes;    // likewise
  bool plain_http = false;
  std::int64_t client_rate = 500;
  absl::Duration request_timeout = absl::Seconds(10);
  absl::Duration longest_wait = absl::Seconds(60);
  absl::Duration heartbeat = absl::Seconds(15);
  http::HttpOptions http;
};

void AddConfig(Config& config, Settings* settings);

// INVALID_ARGUMENT: it would take API keys in the clear from other machines, and was not told to.
absl::Status CheckOpen(const Settings& settings);

// The HTTP server's part of them.
http::HttpOptions ToHttpOptions(const Settings& settings);

}  // namespace ordersaga::gateway

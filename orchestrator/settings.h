// Everything the orchestrator can be told, with its defaults.
#pragma once

#include <string>

#include "orchestrator/core/definition.h"
#include "orchestrator/engine/engine.h"
#include "platform/http/process_options.h"
#include "platform/pg/session.h"

namespace ordersaga::orchestrator {

struct Settings {
  Settings();

  http::ProcessOptions process;
  std::string address() const;  // where other replicas reach this one

  std::string advertise_address;
  pg::SessionOptions database{"postgres://orders_db:orders_db@127.0.0.1:5432/orders_db", "orchestrator"};
  std::string rabbitmq_url = "amqp://admin:admin@127.0.0.1:5672/";
  std::string payment_address = "127.0.0.1:50051";
  std::string inventory_address = "127.0.0.1:50052";
  std::string notification_address = "127.0.0.1:50053";
  std::int64_t shards = 16;
  std::int64_t max_calls = 4000;
  std::int64_t reserved_calls = 400;
  std::int64_t max_waiting = 100'000;
  absl::Duration max_wait;
  std::int64_t turn_size = 512;
  std::int64_t confirm_window = 256;
  absl::Duration lease = absl::Seconds(5);
  absl::Duration price_refresh = absl::Seconds(30);
  absl::Duration watch_interval = absl::Milliseconds(150);
  std::string unroutable_events = "count";  // or "hold"
  std::int64_t event_limit = std::int64_t{1024} * 1024;
  absl::Duration event_retry = absl::Seconds(5);
  absl::Duration event_retention = absl::Hours(24 * 7);
  DefinitionOptions definition;

  // How long a saga may be due and stand still: its shard's owner died, and its call waited for room, then for an
  // answer.
  absl::Duration patience() const { return 2 * lease + 3 * definition.attempt_timeout + absl::Seconds(1); }
};

void AddConfig(Config& config, Settings* settings);

// OK, or what AddConfig cannot check. INVALID_ARGUMENT.
absl::Status CheckSettings(const Settings& settings);

// The engine's part of them.
EngineOptions ToEngineOptions(const Settings& settings, int shards, std::string owner);

}  // namespace ordersaga::orchestrator

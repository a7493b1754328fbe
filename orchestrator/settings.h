// Everything the orchestrator can be told, with its defaults.
#pragma once

#include <algorithm>
#include <string>

#include "orchestrator/core/order_saga.h"
#include "orchestrator/engine/engine.h"
#include "platform/http/process_options.h"
#include "platform/pg/migrate_command.h"
#include "platform/pg/session.h"

namespace ordersaga::orchestrator {

struct Settings {
  Settings();

  http::ProcessOptions process;
  std::string address() const;  // where other replicas reach this one

  std::string advertise_address;
  pg::SessionOptions database{"postgres://orders_db:orders_db@127.0.0.1:5432/orders_db", "orchestrator"};
  pg::MigrateSettings migrate;
  std::string rabbitmq_url = "amqp://admin:admin@127.0.0.1:5672/";
  std::int64_t shards = 64;
  EngineOptions engine;
  std::string unroutable_events = "count";  // or "hold"
  std::int64_t event_limit = std::int64_t{1024} * 1024;
  absl::Duration event_retention = absl::Hours(24 * 7);
  DefinitionOptions definition;

  // How many events may be at the broker unconfirmed.
  std::int64_t confirm_window() const { return std::max<std::int64_t>(1, engine.max_turn / 2); }

  // How long a saga may be due and stand still: its shard's owner died, and its call waited for room, then for an
  // answer.
  absl::Duration patience() const { return 2 * engine.lease + 3 * definition.attempt_timeout + absl::Seconds(1); }
};

void AddConfig(Config& config, Settings* settings);

// OK, or what AddConfig cannot check. INVALID_ARGUMENT.
absl::Status CheckSettings(const Settings& settings);

// The engine's part of them, for a process called `owner`.
EngineOptions EngineOptionsOf(const Settings& settings, std::string owner);

}  // namespace ordersaga::orchestrator

// The settings of a program's database, so that no main repeats them.
#pragma once

#include <string>

#include "platform/pg/session.h"
#include "platform/pg/url.h"
#include "platform/runtime/config.h"

namespace ordersaga::pg {

inline void AddDatabaseConfig(Config& config, SessionOptions* options, std::string help) {
  config.AddUrl("database_url", &options->url, ShowUrl, std::move(help));
  config.Add("database_silence", &options->silence, absl::Seconds(2), absl::Minutes(5),
             "a database host that acknowledges nothing for so long, not even TCP's keepalives, is given up");
}

}  // namespace ordersaga::pg

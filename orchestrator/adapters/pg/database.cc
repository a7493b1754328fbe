#include "orchestrator/adapters/pg/database.h"

#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator_migrations.embed.h"
#include "orchestrator_sql.embed.h"
#include "platform/pg/migrate.h"
#include "platform/pg/sql.h"

namespace ordersaga::orchestrator {

absl::StatusOr<int> PrepareDatabase(pg::Session& session, int wanted_shards) {
  if (absl::Status status = pg::Migrate(session, kOrchestratorMigrations); !status.ok()) {
    return status;
  }
  int shards = 0;
  const absl::Status status = session.Run([&](pg::Tx& tx) {
    tx.Exec(pg::SqlFile(kOrchestratorSql, "prepare_settings.sql"), wanted_shards);
    tx.Exec(pg::SqlFile(kOrchestratorSql, "prepare_shards.sql"));
    shards = tx.Exec(pg::SqlFile(kOrchestratorSql, "read_settings.sql"))[0][0].as<int>();
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return shards;
}

absl::StatusOr<std::map<std::string, Money>> LoadPrices(pg::Session& session) {
  std::map<std::string, Money> prices;
  const absl::Status status = session.Run([&](pg::Tx& tx) {
    for (const auto& row : tx.Exec(pg::SqlFile(kOrchestratorSql, "load_prices.sql"))) {
      prices.emplace(row[0].c_str(), Money{row[1].as<std::int64_t>(), row[2].c_str()});
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return prices;
}

absl::Status SavePrices(pg::Session& session, const std::map<std::string, Money>& prices) {
  return session.Run([&](pg::Tx& tx) {
    tx.Exec(pg::SqlFile(kOrchestratorSql, "save_prices.sql"), Column(prices, [](auto& p) { return p.first; }),
            Column(prices, [](auto& p) { return p.second.minor; }),
            Column(prices, [](auto& p) { return p.second.currency; }));
    return absl::OkStatus();
  });
}

}  // namespace ordersaga::orchestrator

#include "orchestrator/adapters/pg/database.h"

#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator_migrations.embed.h"
#include "orchestrator_sql.embed.h"

namespace ordersaga::orchestrator {

pg::Migrations OrchestratorMigrations() {
  return {{kOrchestratorMigrations.begin(), kOrchestratorMigrations.end()}, 2};
}

absl::StatusOr<int> DecideShards(pg::PqxxSession& session, int wanted_shards) {
  int shards = 0;
  const absl::Status status = session.Run([&](pg::PqxxTx& tx) {
    tx.Exec(sql::settings::decide, wanted_shards);
    tx.Exec(sql::shards::make);
    shards = tx.Exec(sql::settings::get)[0][0].as<int>();
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return shards;
}

absl::StatusOr<Prices> LoadPrices(pg::PqxxSession& session) {
  Prices prices;
  const absl::Status status = session.Run([&](pg::PqxxTx& tx) {
    for (const auto& row : tx.Exec(sql::prices::load)) {
      prices.emplace(row[0].c_str(), Money{row[1].as<std::int64_t>(), row[2].c_str()});
    }
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return prices;
}

absl::Status SavePrices(pg::PqxxSession& session, const Prices& prices) {
  return session.Run([&](pg::PqxxTx& tx) {
    tx.Exec(sql::prices::save, Column(prices, [](auto& p) { return p.first; }),
            Column(prices, [](auto& p) { return p.second.minor; }),
            Column(prices, [](auto& p) { return p.second.currency; }));
    return absl::OkStatus();
  });
}

}  // namespace ordersaga::orchestrator

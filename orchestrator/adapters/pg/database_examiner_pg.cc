#include "orchestrator/adapters/pg/database_examiner_pg.h"

#include "orchestrator_sql.embed.h"
#include "platform/pg/read.h"

namespace ordersaga::orchestrator {

void DatabaseExaminerPg::Examine(Done<DatabaseFacts> done) {
  pg::Read(pool_, std::move(done), [](pg::PqxxTx& tx) -> absl::StatusOr<DatabaseFacts> {
    const pg::PqxxRows rows = tx.Exec(sql::examine::settings);
    if (rows.empty()) return absl::InternalError("the role is not in pg_roles");
    const auto& row = rows[0];
    return DatabaseFacts{row[0].as<bool>(), row[1].as<bool>(), row[2].as<bool>(), row[3].as<bool>(), row[4].c_str()};
  });
}

}  // namespace ordersaga::orchestrator

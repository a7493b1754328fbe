#include "platform/pg/migrate.h"

#include <fmt/format.h>

#include <map>

#include "pg_sql.embed.h"
#include "platform/base/error.h"
#include "platform/base/hash.h"
#include "platform/pg/sql.h"

namespace ordersaga::pg {
namespace {

absl::Status Mismatch(const std::string& message) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "SCHEMA_MISMATCH", message);
}

absl::Status RunAll(Tx& tx, std::span<const Migration> migrations) {
  tx.Exec(SqlFile(kPgSql, "migrate_lock.sql"));
  tx.Exec(SqlFile(kPgSql, "migrate_create.sql"));
  std::map<std::string, std::string> done;
  for (const auto& row : tx.Exec(SqlFile(kPgSql, "migrate_list.sql"))) {
    done.emplace(row[0].c_str(), row[1].c_str());
  }
  for (const auto& [file, sql] : migrations) {
    const std::string name(file);
    const std::string checksum = Fingerprint(sql);
    const auto found = done.find(name);
    if (found == done.end()) {
      tx.Script(std::string(sql));
      tx.Exec(SqlFile(kPgSql, "migrate_record.sql"), name, checksum);
      continue;
    }
    if (found->second != checksum) {
      return Mismatch(fmt::format("migration {} was changed after it ran", name));
    }
    done.erase(found);
  }
  if (done.empty()) return absl::OkStatus();
  return Mismatch(
      fmt::format("the database has migration {}, which this program does not know: it is newer", done.begin()->first));
}

}  // namespace

absl::Status Migrate(Session& session, std::span<const Migration> migrations) {
  return session.Run([&](Tx& tx) { return RunAll(tx, migrations); });
}

}  // namespace ordersaga::pg

#include "orchestrator/adapters/pg/key_store_pg.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "absl/strings/str_split.h"
#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator_sql.embed.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

// As the interval that PostgreSQL reads; nullopt: without an end.
std::optional<std::string> Interval(absl::Duration duration) {
  if (duration == absl::InfiniteDuration()) return std::nullopt;
  return fmt::format("{} seconds", absl::ToInt64Seconds(duration));
}

// Those of a newer program's that this one does not know open nothing here.
access::Scopes ScopesOf(const std::string& names) {
  access::Scopes scopes;
  for (const auto name : absl::StrSplit(names, ' ')) {
    const auto known = access::ParseScopes({std::string(name.data(), name.size())});
    if (known.ok()) scopes = scopes.With(*known);
  }
  return scopes;
}

std::vector<StoredKey> List(pg::PqxxTx& tx, const std::optional<std::string>& id, bool with_revoked) {
  std::vector<StoredKey> keys;
  for (const auto& row : tx.Exec(sql::api_keys::list, id, with_revoked)) {
    keys.push_back({row[0].c_str(), row[1].c_str(), ScopesOf(row[2].c_str()), row[3].c_str(), pg::FromPg(row[4].view()),
                    row[5].c_str(), TimeOf(row[6]), TimeOf(row[7]), row[8].c_str(), TimeOf(row[9]), row[10].as<int>()});
  }
  return keys;
}

}  // namespace

std::vector<GoodSecret> GoodSecrets(pg::PqxxTx& tx) {
  std::vector<GoodSecret> secrets;
  for (const auto& row : tx.Exec(sql::api_keys::good)) {
    secrets.push_back({row[0].c_str(),
                       {access::Principal::Kind::kKey, row[1].c_str(), row[2].c_str(), ScopesOf(row[3].c_str())},
                       TimeOf(row[4]).value_or(absl::InfiniteFuture())});
  }
  return secrets;
}

void MarkUsed(pg::PqxxTx& tx, const std::vector<std::string>& ids) {
  tx.Exec(sql::api_keys::used, pg::ArrayOf(ids));
}

std::vector<StoredKey> ListKeys(pg::PqxxTx& tx, bool with_revoked) {
  return List(tx, std::nullopt, with_revoked);
}

std::optional<StoredKey> FindKey(pg::PqxxTx& tx, const std::string& id) {
  std::vector<StoredKey> keys = List(tx, id, true);
  if (keys.empty()) return std::nullopt;
  return std::move(keys.front());
}

void CreateKey(pg::PqxxTx& tx, const access::ApiKey& key, const NewKey& about) {
  tx.Exec(sql::api_keys::create, key.id, about.client, fmt::format("{}", fmt::join(about.scopes.Names(), " ")),
          about.note, about.created_by, Interval(about.good_for));
  tx.Exec(sql::api_keys::add_secret, key.hash(), key.id);
}

bool RotateKey(pg::PqxxTx& tx, const access::ApiKey& with, absl::Duration grace) {
  if (tx.Exec(sql::api_keys::end_secrets, with.id, Interval(grace)).affected_rows() == 0) return false;
  tx.Exec(sql::api_keys::add_secret, with.hash(), with.id);
  return true;
}

bool RevokeKey(pg::PqxxTx& tx, const std::string& id, const std::string& by) {
  return tx.Exec(sql::api_keys::revoke, id, by).affected_rows() == 1;
}

}  // namespace ordersaga::orchestrator

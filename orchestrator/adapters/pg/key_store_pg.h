// API keys in orders_db. Functions within a transaction of libpqxx; texts of secrets never get here, only their hashes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "platform/access/api_key.h"
#include "platform/access/principal.h"
#include "platform/pg/pqxx.h"

namespace ordersaga::orchestrator {

// A secret by which its principal may call until then.
struct GoodSecret {
  std::string hash;
  access::Principal principal;
  absl::Time until;
};
std::vector<GoodSecret> GoodSecrets(pg::PqxxTx& tx);
void MarkUsed(pg::PqxxTx& tx, const std::vector<std::string>& ids);

// A key as it is shown.
struct StoredKey {
  std::string id;
  std::string client;
  access::Scopes scopes;
  std::string note;
  absl::Time created_at;
  std::string created_by;
  std::optional<absl::Time> expires_at;
  std::optional<absl::Time> revoked_at;
  std::string revoked_by;
  std::optional<absl::Time> last_used_at;
  int secrets = 0;  // that are good now
};
// Newest first.
std::vector<StoredKey> ListKeys(pg::PqxxTx& tx, bool with_revoked);
std::optional<StoredKey> FindKey(pg::PqxxTx& tx, const std::string& id);

struct NewKey {
  std::string client;
  access::Scopes scopes;
  std::string note;
  std::string created_by;
  absl::Duration good_for = absl::InfiniteDuration();
};
void CreateKey(pg::PqxxTx& tx, const access::ApiKey& key, const NewKey& about);
// False: there is no such key, or none that can be used.
bool RotateKey(pg::PqxxTx& tx, const access::ApiKey& with, absl::Duration grace);
bool RevokeKey(pg::PqxxTx& tx, const std::string& id, const std::string& by);

}  // namespace ordersaga::orchestrator

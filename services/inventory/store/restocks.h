// Goods that arrive: each under a key of its own, so that a repeat adds nothing, and with the name of who says so.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/pg/pqxx.h"

namespace ordersaga::inventory {

struct Restock {
  std::string key;
  std::string item_id;
  std::int64_t quantity = 0;
  std::string by;
  std::string reason;
  std::int64_t stock_after = 0;  // on hand when it was done
  absl::Time created_at;
};

enum class RestockVerdict { kDone, kUnknownProduct };

// Runs in the caller's transaction: of what writes by libpq, as turns do, of what only reads by libpqxx.
class Restocks {
 public:
  // Adds to the stock, or finds that this key has done so; fills in the rest of `restock`. kUnknownProduct stores
  // nothing. Errors: FAILED_PRECONDITION, the key was used with another request.
  absl::StatusOr<RestockVerdict> Do(pg::Tx& tx, Restock& restock) const;
  // The latest 1,000; of all products if item_id is empty.
  std::vector<Restock> List(pg::PqxxTx& tx, const std::string& item_id) const;
};

}  // namespace ordersaga::inventory

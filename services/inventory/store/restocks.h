// Goods that arrive: each under a key of its own, so that a repeat adds nothing, and with the name of who says so.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/pg/session.h"

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

// Runs in the caller's transaction.
class Restocks {
 public:
  Restocks();

  // Adds to the stock, or finds that this key has done so; fills in the rest of `restock`. kUnknownProduct stores
  // nothing. Errors: FAILED_PRECONDITION, the key was used with another request.
  absl::StatusOr<RestockVerdict> Do(pg::Tx& tx, Restock& restock) const;
  // The latest 1,000; of all products if item_id is empty.
  std::vector<Restock> List(pg::Tx& tx, const std::string& item_id) const;

 private:
  const std::string lock_, insert_, get_, list_;
};

}  // namespace ordersaga::inventory

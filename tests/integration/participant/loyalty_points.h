// A complete participant with local effects: points for a customer, taken back if the order is.
#pragma once

#include <boost/json.hpp>

#include "platform/participant/local.h"

namespace loyalty {

using namespace ordersaga;  // NOLINT(google-build-using-namespace)

// Its own table. The effects table, keys and all, comes from the library.
inline constexpr pg::Migration kMigrations[] = {{"0002_points.sql", R"(
CREATE TABLE points (customer text PRIMARY KEY, points bigint NOT NULL CHECK (points BETWEEN 0 AND 1000000)))"}};

inline absl::Status Migrate(pg::Session& session) {
  return pg::Migrate(session, participant::WithEffects(kMigrations));
}

// The canonical form of a request: its fingerprint is made from it, and Apply gets it back. Stored for ever.
inline std::string Encode(const std::string& customer, std::int64_t points) {
  return boost::json::serialize(boost::json::object{{"customer", customer}, {"points", points}});
}

class Points final : public participant::LocalEffects {
 public:
  std::optional<participant::Refusal> Apply(pg::Tx& tx, participant::EffectRecord& record) override {
    if (Add(tx, record.request, 1) == 0) return participant::Refusal{"ACCOUNT_FULL", "a million points are enough"};
    record.answer = "points for " + record.order_id;
    return std::nullopt;
  }
  void Undo(pg::Tx& tx, const participant::EffectRecord& record) override { Add(tx, record.request, -1); }

 private:
  // The number of accounts changed: none if the balance would leave its bounds.
  static int Add(pg::Tx& tx, const std::string& request, int sign) {
    const auto object = boost::json::parse(request).as_object();
    const std::string customer(object.at("customer").as_string());
    const std::int64_t points = object.at("points").to_number<std::int64_t>() * sign;
    tx.Exec("INSERT INTO points VALUES ($1, 0) ON CONFLICT DO NOTHING", customer);
    return static_cast<int>(tx.Exec("UPDATE points SET points = points + $2::bigint "
                                    "WHERE customer = $1 AND points + $2::bigint BETWEEN 0 AND 1000000",
                                    customer, points)
                                .affected_rows());
  }
};

// In main: Points points; participant::LocalParticipant loyalty("loyalty", {session}, clock, points);
// then loyalty.Start(), and its gRPC handlers call loyalty.Act(...) and loyalty.Compensate(...).
}  // namespace loyalty

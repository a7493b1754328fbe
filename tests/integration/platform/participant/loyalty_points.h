// A complete participant with local effects: points for a customer, taken back if the order is.
#pragma once

#include <boost/json.hpp>

#include "platform/participant/shell/participant.h"

namespace loyalty {

using namespace ordersaga;  // NOLINT(google-build-using-namespace)

// Its own table. The effects table, keys and all, comes from the library.
inline constexpr pg::Migration kMigrations[] = {{"0002_points.sql", R"(-- expand: points of each customer
CREATE TABLE points (customer text PRIMARY KEY, points bigint NOT NULL CHECK (points BETWEEN 0 AND 1000000)))"}};

inline pg::Migrations Migrations() {
  return participant::Migrations(kMigrations);
}

// The canonical form of a request: its fingerprint is made from it, and Apply gets it back. Stored for ever.
inline std::string Encode(const std::string& customer, std::int64_t points) {
  return boost::json::serialize(boost::json::object{{"customer", customer}, {"points", points}});
}

inline std::pair<std::string, std::int64_t> Decode(const std::string& request) {
  const auto object = boost::json::parse(request).as_object();
  return {std::string(object.at("customer").as_string()), object.at("points").to_number<std::int64_t>()};
}

class Points final : public participant::LocalEffects {
 public:
  participant::ActionAnswer Apply(pg::Tx& tx, const participant::EffectRecord& record) override {
    const auto [customer, points] = Decode(record.request);
    tx.Exec("INSERT INTO points VALUES ($1, 0) ON CONFLICT DO NOTHING", customer);
    const auto granted =
        tx.Exec("UPDATE points SET points = points + $2::bigint WHERE customer = $1 AND points + $2::bigint <= 1000000",
                customer, points);
    if (granted.affected_rows() == 0) return participant::Rejected("ACCOUNT_FULL", "a million points are enough");
    return participant::Applied("points for " + record.order_id);
  }
  // Points that are spent cannot be taken back: the table's CHECK refuses, and whoever asked hears an error, no "done".
  void Undo(pg::Tx& tx, const participant::EffectRecord& record) override {
    const auto [customer, points] = Decode(record.request);
    tx.Exec("INSERT INTO points VALUES ($1, 0) ON CONFLICT DO NOTHING", customer);
    tx.Exec("UPDATE points SET points = points - $2::bigint WHERE customer = $1", customer, points);
  }
};

// In main: Points points; participant::Participant loyalty("loyalty", {session}, clock, points); then loyalty.Start(),
// and its gRPC handlers call SetBody(action, Encode(...)), loyalty.Act(action, ...) and loyalty.Compensate(...).
}  // namespace loyalty

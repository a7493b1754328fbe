// A complete participant with an external provider: a parcel that a courier collects, and brings back if it must.
#pragma once

#include <functional>
#include <string>

#include "platform/participant/shell/participant.h"

namespace parcels {

using namespace ordersaga;  // NOLINT(google-build-using-namespace)

inline constexpr pg::Migration kMigrations[] = {{"0002_parcels.sql", R"(-- expand: parcels that the courier has
CREATE TABLE parcels (key text PRIMARY KEY, number text NOT NULL))"}};

inline pg::Migrations Migrations() {
  return participant::Migrations(kMigrations);
}

// The provider keeps its word per key: it collects once, and never what it was told to bring back.
class Courier {
 public:
  using Done = std::function<void(participant::ProviderReply)>;
  virtual ~Courier() = default;
  virtual void Collect(const std::string& key, const std::string& address, Done done) = 0;
  virtual void BringBack(const std::string& key, Done done) = 0;
};

class Parcels final : public participant::ExternalEffects {
 public:
  explicit Parcels(Courier& courier) : courier_(courier) {}

  void Do(const participant::Ask& ask, Done done) override {
    courier_.Collect(ask.record.action_key, ask.record.request, std::move(done));
  }
  void Undo(const participant::Ask& ask, Done done) override {
    courier_.BringBack(ask.record.action_key, std::move(done));
  }
  absl::Status Book(pg::Tx& tx, const std::vector<participant::Change>& changes) override {
    for (const auto& [before, after] : changes) {
      const bool collected = Happened(after) && !Happened(*before);
      if (collected) tx.Exec("INSERT INTO parcels VALUES ($1, $2)", after.action_key, after.settled->answer);
    }
    return absl::OkStatus();
  }
  std::optional<participant::ActionAnswer> Refuse(const participant::EffectRecord& record,
                                                  const participant::EffectRecord* /*whole*/) const override {
    if (record.request != "the moon") return std::nullopt;
    return participant::Rejected("TOO_FAR", "no courier goes there");
  }

 private:
  Courier& courier_;
};

// In main: Parcels parcels(courier); participant::Participant shipping("shipping", {session}, clock, parcels);
}  // namespace parcels

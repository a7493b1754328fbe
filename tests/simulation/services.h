// The simulated payment, inventory, notification and loyalty services. They decide by the real core
// (sim_participant.h); payment's rules and the transfers it books are the real ones too, and inventory's stock. What
// has happened outside is kept apart, for the checks.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/audit/facts.h"
#include "orchestrator/ports/participant.h"
#include "services/payment/domain/transfers.h"
#include "tests/simulation/provider.h"
#include "tests/simulation/sim_participant.h"

namespace ordersaga::sim {

using Reply = std::function<void(orchestrator::CallReply)>;

// Goods, letters and what was asked for. What is recorded here has happened.
struct Truth {
  std::map<std::string, std::int64_t> stock;                // on hand, by product
  std::map<std::string, audit::Notice> notices;             // by action key
  std::map<std::string, int> letters;                       // by order
  std::map<std::string, int> points;                        // grants that have not been returned, by order
  std::function<void(const std::string& order)> on_undone;  // called whenever something is given back
};

class PaymentRules final : public participant::Effects {
 public:
  std::optional<participant::ActionAnswer> Refuse(const participant::EffectRecord& record,
                                                  const participant::EffectRecord* whole) override;
  std::optional<participant::ActionAnswer> Apply(const participant::EffectRecord& /*record*/) override {
    return std::nullopt;
  }
  bool Undo(const participant::EffectRecord& /*record*/) override { return false; }
};

class StockRules final : public participant::Effects {
 public:
  StockRules(World& world, Truth& truth) : world_(world), truth_(truth) {}
  std::optional<participant::ActionAnswer> Apply(const participant::EffectRecord& record) override;
  bool Undo(const participant::EffectRecord& record) override;

 private:
  World& world_;
  Truth& truth_;
};

class LetterRules final : public participant::Effects {
 public:
  std::optional<participant::ActionAnswer> Apply(const participant::EffectRecord& /*record*/) override {
    return std::nullopt;
  }
  bool Undo(const participant::EffectRecord& /*record*/) override { return false; }
};

class PointsRules final : public participant::Effects {
 public:
  PointsRules(World& world, Truth& truth) : world_(world), truth_(truth) {}
  std::optional<participant::ActionAnswer> Apply(const participant::EffectRecord& record) override;
  bool Undo(const participant::EffectRecord& record) override;

 private:
  World& world_;
  Truth& truth_;
};

// All services: each may be down by itself.
class Services {
 public:
  Services(World& world, Truth& truth);

  PaymentProvider provider;
  bool busy() const { return payment_.busy(); }
  bool settled() const { return payment_.settled() && notification_.settled(); }
  void Crash(std::string_view service) { Of(service).Crash(); }
  void Restart(std::string_view service) { Of(service).Restart(); }

  // Carries a call out, as it arrives. `reply` may come later, or never if the service crashes.
  void Handle(const orchestrator::CallRequest& request, const Reply& reply);

  // By hand, past all sagas: gives so much of an order's charge back, if it can be.
  void GiveBack(const std::string& order, const std::string& name, Money amount);

  // service_facts.cc: what the services would tell an audit of this order, money as the ledger has it; every order that
  // something is recorded of; and what is wrong between ledger and provider when everything has settled.
  void AddEffects(const std::string& order, audit::OrderFacts& facts) const;
  std::set<std::string> Orders() const;
  void CheckLedger() const;

 private:
  struct Booked {
    std::int64_t charged = 0;
    std::int64_t refunded = 0;
    std::int64_t in_parts = 0;
    std::int64_t settled = 0;
    bool settled_blindly = false;  // the provider had refunded it, or may have been about to
    std::string currency;
  };

  SimParticipant& Of(std::string_view service);  // by the names that definitions use
  participant::ActionRequest ActionOf(const orchestrator::CallRequest& request);
  void Book(const std::vector<participant::Change>& changes);
  participant::ProviderReply Send(const participant::Ask& ask);

  World& world_;
  Truth& truth_;
  PaymentRules payment_rules_;
  StockRules stock_rules_;
  LetterRules letter_rules_;
  PointsRules points_rules_;
  std::map<std::string, Booked> ledger_;  // by charge key
  SimParticipant payment_, inventory_, notification_, loyalty_;
};

}  // namespace ordersaga::sim

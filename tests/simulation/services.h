// The simulated payment, inventory and notification services and the payment provider behind the first. What they
// answer is decided by the participants' real rules (platform/participant/rules.h) on records that survive a crash of
// the service; calls under way do not. What has really happened to money and stock is kept apart, for the checks.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/audit/facts.h"
#include "orchestrator/ports/participant.h"
#include "platform/participant/rules.h"
#include "tests/simulation/world.h"

namespace ordersaga::sim {

using Reply = std::function<void(orchestrator::CallReply)>;

// The money and goods themselves. What is recorded here has happened.
struct Truth {
  struct Payment {
    Money asked;
    std::string user_email;
    int charges = 0;
    int refunds = 0;
  };
  std::map<std::string, Payment> payments;                  // by action key
  std::map<std::string, std::int64_t> stock;                // on hand, by product
  std::map<std::string, std::vector<audit::Line>> held;     // by action key
  std::map<std::string, std::vector<audit::Line>> asked;    // of inventory, by action key
  std::map<std::string, audit::Notice> notices;             // by action key
  std::map<std::string, int> letters;                       // by order
  std::function<void(const std::string& order)> on_undone;  // called whenever something is given back
};

class PaymentProvider {
 public:
  PaymentProvider(World& world, Truth& truth) : world_(world), truth_(truth) {}

  double silent = 0.0;        // of calls: done, or lost on the way, and no answer
  double refund_fails = 0.0;  // of refunds
  double declines = 0.15;

  // As a real one: never twice for a key; after an answered refund the key cannot be charged.
  participant::ProviderReply Charge(const std::string& key);
  participant::ProviderReply Refund(const std::string& key, const std::string& order);

 private:
  struct Account {
    bool decided = false;
    bool declined = false;
    bool charged = false;
    bool refunded = false;
    bool barred = false;
  };
  World& world_;
  Truth& truth_;
  std::map<std::string, Account> accounts_;
};

// All three services, as one: each may be down by itself.
class Services {
 public:
  Services(World& world, Truth& truth) : provider(world, truth), world_(world), truth_(truth) {}

  PaymentProvider provider;
  bool busy() const { return !charges_.empty() || !refunds_.empty(); }  // the provider is being asked
  void Crash(orchestrator::StepId service);
  void Restart(orchestrator::StepId service);

  // Carries a call out, as it arrives. `reply` may come later, or never if the service crashes.
  void Handle(const orchestrator::CallRequest& request, Reply reply);

  // service_facts.cc: what payment and inventory would tell an audit of this order, money as the provider has it; and
  // every order that something is recorded of.
  void AddEffects(const std::string& order, audit::OrderFacts& facts) const;
  std::set<std::string> Orders() const;

 private:
  using Record = participant::EffectRecord;
  struct UnderWay {
    std::vector<Reply> waiting;  // joined callers
    bool calling = false;        // the provider is being asked
  };

  void Charge(const orchestrator::CallRequest& request, Reply reply);
  void Refund(const orchestrator::CallRequest& request, Reply reply);
  void Reserve(const orchestrator::CallRequest& request, Reply reply);
  void Release(const orchestrator::CallRequest& request, Reply reply);
  void Notify(const orchestrator::CallRequest& request, Reply reply);
  void AskProvider(const std::string& key);
  void AskProviderToUndo(const std::string& key);
  const Record* Find(const std::string& key) const;
  absl::Duration Trip() { return world_.Between(absl::Milliseconds(1), absl::Milliseconds(120)); }

  World& world_;
  Truth& truth_;
  std::map<std::string, Record> records_;    // durable, by action key
  std::map<std::string, UnderWay> charges_;  // in memory
  std::map<std::string, UnderWay> refunds_;  // in memory
  std::set<orchestrator::StepId> down_;
  int payment_incarnation_ = 0;
};

}  // namespace ordersaga::sim

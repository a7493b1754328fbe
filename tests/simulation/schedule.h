// One run: some orders, some replicas, some faults, all drawn from the seed; then everything is mended and must settle.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "orchestrator/audit/judge.h"
#include "orchestrator/audit/stock.h"
#include "tests/simulation/customers.h"

namespace ordersaga::sim {

inline constexpr absl::Duration kLease = absl::Seconds(2);  // of the replicas

struct Result {
  std::int64_t events = 0;
  std::array<std::int64_t, static_cast<std::size_t>(Fault::kCount)> hits{};
  std::vector<std::string> violations;
};

class Schedule {
 public:
  Schedule(std::uint64_t seed, bool trace);
  Result Run();

 private:
  // plan.cc: what happens when
  void PlanOrders();
  void PlanFaults();
  void PlanFault(Fault fault, absl::Duration at);
  void Window(absl::Duration at, double* value, double during);
  // Runs `then` from `at` on as soon as `ready`, if that is before the faults end.
  void Await(absl::Duration at, std::function<bool()> ready, World::Closure then);
  void Freeze(Replica* replica, absl::Duration length, Fault kind);
  void PlanReplicaFault(Fault fault, absl::Duration at);
  void PlanServiceFault(Fault fault, absl::Duration at);
  void PlanCustomerFault(Fault fault, absl::Duration at);
  void PlanParts(SimOrder& order, absl::Duration at);
  void PlanHold(absl::Duration at);
  void PlanSettlement(absl::Duration at);
  void StartReplica();
  void Upgrade();
  Replica* LiveReplica();
  void Mend();

  // checks.cc: what must always hold, and what must hold in the end
  void WatchTurn(const std::string& owner, const orchestrator::Turn& turn);
  void CheckPause(const orchestrator::SagaWrite& write);
  bool Settled() const;
  void CheckPromises(const SimOrder& order);
  void CheckStock(const audit::StockCount& count);
  void CheckHold(std::string_view participant);
  void CheckOperatorLog();
  void CheckWhole();
  // What is stored of the order and what the services have done for it, at this moment. Without events, which may be
  // on their way.
  audit::OrderFacts FactsOf(const std::string& order) const;
  void Judge(const audit::OrderFacts& facts);
  void Report(const audit::Verdict& verdict);

  void RetryParked();

  World world_;
  Truth truth_;
  std::map<std::string, std::int64_t> first_stock_;
  Database database_;
  Services services_;
  Subscriber subscriber_;
  Weather weather_;
  // Version 1 alone, and with the fourth step beside it (tests/loyalty): what replicas know before and after the
  // upgrade.
  const orchestrator::Definitions older_definitions_;
  const orchestrator::Definitions definitions_;
  std::set<Uuid> paused_;  // by operators
  bool upgraded_ = false;
  std::vector<std::unique_ptr<Replica>> replicas_;
  Customers customers_;
  std::size_t replicas_wanted_ = 1;
  int started_ = 0;
  bool mended_ = false;
};

}  // namespace ordersaga::sim

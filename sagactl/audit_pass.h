// One pass over all four services' streams, side by side in the order of id, so that memory stays flat.
#pragma once

#include <functional>

#include "absl/status/statusor.h"
#include "sagactl/audit.h"
#include "sagactl/audit_source.h"

namespace ordersaga::cli {

struct AuditScope {
  IdRange sagas;
  IdRange effects;
  bool everything = false;
};
AuditScope ScopeOf(const AuditCommand& command, absl::Time now);

class AuditPass {
 public:
  // `stock` may be null: then reservations are not counted per product.
  AuditPass(AuditSource& source, const AuditScope& scope, audit::StockCount* stock, AuditResult& result)
      : source_(source), scope_(scope), stock_(stock), result_(result) {}

  // Counts into the result; its violations are suspicions. Blocks.
  absl::Status Run();
  // Effects of sagas that are filed under no order: no suspicions, and nobody finds them under the saga's id.
  std::vector<audit::Violation>& misfiled() { return misfiled_; }

  // Reads one order in the order that makes its judgement sure, and judges it. False: there is nothing under this id.
  static absl::StatusOr<bool> JudgeAgain(AuditSource& source, const std::string& id, audit::Verdict& verdict,
                                         audit::OrderFacts& facts);

 private:
  template <typename Fact>
  Fact* Next(FactStream<Fact>& stream, orchestrator::Effect effect);
  bool IsLater(const std::string& id) const;
  void Judge(const audit::OrderFacts& facts);
  void Keep(const audit::Foreign& foreign);

  AuditSource& source_;
  const AuditScope& scope_;
  audit::StockCount* stock_;
  AuditResult& result_;
  audit::Verdict verdict_;
  std::vector<audit::Violation> misfiled_;
};

}  // namespace ordersaga::cli

#include "sagactl/audit_pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "orchestrator/audit/keys.h"

namespace ordersaga::cli {
namespace {

using audit::Charge;
using audit::Notice;
using audit::OrderFacts;
using audit::Reservation;
using audit::Verdict;
using orchestrator::Effect;

constexpr std::size_t kMostForeign = 1000;

// The first and the last id that can be made in the millisecond of `time`.
std::string FirstId(absl::Time time) {
  const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, absl::ToUnixMillis(time)));
  return fmt::format("{:08x}-{:04x}-0000-0000-000000000000", ms >> 16, ms & 0xffff);
}
std::string LastId(absl::Time time) {
  return FirstId(time).substr(0, 13) + "-ffff-ffff-ffffffffffff";
}

// To the id of what comes next in one of the streams.
template <typename Fact>
void LowerTo(const Fact* fact, std::string& id) {
  if (fact != nullptr && (id.empty() || fact->order_id < id)) id = fact->order_id;
}

// `fact` must come before what the lists already have of another order; moves it in.
template <typename Fact, typename Advance>
Fact* Gather(Fact* fact, const std::string& id, std::vector<Fact>& facts, const Advance& advance) {
  while (fact != nullptr && fact->order_id == id) {
    facts.push_back(std::move(*fact));
    fact = advance();
  }
  return fact;
}

template <typename Fact>
absl::Status ReadOf(std::unique_ptr<FactStream<Fact>> stream, std::vector<Fact>& facts) {
  facts.clear();
  while (Fact* fact = stream->Next()) facts.push_back(std::move(*fact));
  return stream->status();
}

absl::Status ReadEffects(AuditSource& source, const std::string& id, OrderFacts& facts) {
  const IdRange range{id, id};
  if (absl::Status s = ReadOf(source.Charges(range), facts.charges); !s.ok()) return s;
  if (absl::Status s = ReadOf(source.Reservations(range), facts.reservations); !s.ok()) return s;
  return ReadOf(source.Notices(range), facts.notices);
}

// What was missing may only have come after the one reading, and what was too much after the other.
void KeepWhatBothSay(const Verdict& later, Verdict& verdict) {
  std::erase_if(verdict.violations, [&](const audit::Violation& violation) {
    return std::none_of(later.violations.begin(), later.violations.end(),
                        [&](const audit::Violation& v) { return v.rule == violation.rule; });
  });
}

void MoveTo(Verdict& all, Verdict&& one) {
  std::move(one.violations.begin(), one.violations.end(), std::back_inserter(all.violations));
  std::move(one.foreign.begin(), one.foreign.end(), std::back_inserter(all.foreign));
  std::move(one.standing.begin(), one.standing.end(), std::back_inserter(all.standing));
}

}  // namespace

AuditScope ScopeOf(const AuditCommand& command, absl::Time now) {
  AuditScope scope;
  const bool since = command.since != absl::InfinitePast();
  const bool until = command.until != absl::InfiniteFuture();
  if (since) scope.sagas.first = FirstId(command.since);
  // What is made from now on is not part of it: the streams are not read at the same moment.
  scope.sagas.last = LastId(until ? command.until - absl::Milliseconds(1) : now);
  scope.everything = !since && !until;
  if (!scope.everything) scope.effects = scope.sagas;
  return scope;
}

absl::Status AuditPass::Run() {
  const auto sagas = source_.Sagas(scope_.sagas);
  const auto charges = source_.Charges(scope_.effects);
  const auto reservations = source_.Reservations(scope_.effects);
  const auto notices = source_.Notices(scope_.effects);
  const auto next_charge = [&] { return Next(*charges, Effect::kMoney); };
  const auto next_reservation = [&] { return Next(*reservations, Effect::kStock); };
  const auto next_notice = [&] { return Next(*notices, Effect::kNotice); };
  SagaItem* saga = sagas->Next();
  Charge* charge = next_charge();
  Reservation* reservation = next_reservation();
  Notice* notice = next_notice();
  while (saga != nullptr || charge != nullptr || reservation != nullptr || notice != nullptr) {
    OrderFacts facts;
    LowerTo(saga, facts.id);
    LowerTo(charge, facts.id);
    LowerTo(reservation, facts.id);
    LowerTo(notice, facts.id);
    if (saga != nullptr && saga->order_id == facts.id) {
      facts.saga = std::move(saga->facts);
      saga = sagas->Next();
    }
    charge = Gather(charge, facts.id, facts.charges, next_charge);
    reservation = Gather(reservation, facts.id, facts.reservations, next_reservation);
    notice = Gather(notice, facts.id, facts.notices, next_notice);
    Judge(facts);
  }
  for (const absl::Status& status : {sagas->status(), charges->status(), reservations->status(), notices->status()}) {
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// The next effect that is filed under an id of the scope. Others are counted and dealt with here.
template <typename Fact>
Fact* AuditPass::Next(FactStream<Fact>& stream, Effect effect) {
  const orchestrator::StepDefinition* const with = audit::StepWith(source_.definitions().newest(), effect);
  const std::string step(with == nullptr ? "" : with->name);
  while (Fact* fact = stream.Next()) {
    if constexpr (std::is_same_v<Fact, Reservation>) {
      if (stock_ != nullptr) stock_->Add(*fact);
    }
    ++(std::is_same_v<Fact, Notice> ? result_.notices : result_.effects);
    const bool is_id = audit::IsOrderId(fact->order_id);
    if (is_id && !IsLater(fact->order_id)) return fact;
    if (is_id) continue;
    if (audit::SagaOf(fact->key, step).empty()) {
      Keep({step, fact->key, fact->order_id, std::string(audit::Name(fact->state))});
    } else {
      misfiled_.push_back({std::string(audit::SagaOf(fact->key, step)), audit::Rule::kEffects,
                           fmt::format("{} has it filed under {}", step, fact->order_id)});
    }
  }
  return nullptr;
}

// Of an order that was made after the audit began.
bool AuditPass::IsLater(const std::string& id) const {
  return id[14] == '7' && id > scope_.sagas.last;
}

void AuditPass::Judge(const OrderFacts& facts) {
  if (facts.saga.has_value()) Count(*facts.saga, result_);
  verdict_.violations.clear();
  verdict_.foreign.clear();
  verdict_.standing.clear();
  audit::Judge(source_.definitions(), facts, verdict_);
  for (audit::Violation& violation : verdict_.violations) result_.violations.push_back(std::move(violation));
  for (audit::Standing& standing : verdict_.standing) result_.violations.push_back(std::move(standing.violation));
  for (const audit::Foreign& foreign : verdict_.foreign) Keep(foreign);
}

void AuditPass::Keep(const audit::Foreign& foreign) {
  ++result_.foreign_count;
  if (result_.foreign.size() < kMostForeign) result_.foreign.push_back(foreign);
}

absl::StatusOr<bool> AuditPass::JudgeAgain(AuditSource& source, const std::string& id, audit::Verdict& verdict,
                                           OrderFacts& facts) {
  facts = {};
  facts.id = id;
  if (absl::Status s = ReadEffects(source, id, facts); !s.ok()) return s;
  std::vector<SagaItem> sagas;
  if (absl::Status s = ReadOf(source.Sagas({id, id}), sagas); !s.ok()) return s;
  if (!sagas.empty()) facts.saga = std::move(sagas.front().facts);
  Verdict earlier;
  audit::Judge(source.definitions(), facts, earlier);
  if (absl::Status s = ReadEffects(source, id, facts); !s.ok()) return s;
  Verdict later;
  audit::Judge(source.definitions(), facts, later);
  const bool open = facts.saga.has_value() && facts.saga->status == orchestrator::Status::kPending;
  if (open) KeepWhatBothSay(later, earlier);
  MoveTo(verdict, std::move(open ? earlier : later));
  return facts.saga.has_value() || !facts.charges.empty() || !facts.reservations.empty() || !facts.notices.empty();
}

}  // namespace ordersaga::cli

// What the customer of one order is told.
#include <fmt/format.h>

#include "orchestrator/audit/judge.h"
#include "orchestrator/core/endings.h"

namespace ordersaga::audit {
namespace {

using orchestrator::Effect;
using orchestrator::Ending;
using orchestrator::NoticeFor;
using orchestrator::Phase;
using orchestrator::Status;
using orchestrator::StepState;

std::string_view Name(NoticeKind kind) {
  switch (kind) {
    case NoticeKind::kCompleted:
      return "a completion";
    case NoticeKind::kPaymentFailed:
      return "a failed payment";
    case NoticeKind::kRefunded:
      return "a refund";
    case NoticeKind::kCancelled:
      return "a cancellation";
  }
  return "?";
}

// What the customer is told is what was ordered and what became of it.
void JudgeWords(const SagaFacts& saga, const Notice& notice, Report& report) {
  if (!notice.unreadable.empty()) return report(Rule::kNotices, "its notice cannot be read: " + notice.unreadable);
  if (notice.state == EffectState::kVoided) return;
  const Money refunded{saga.refunded, saga.total.currency};
  const NoticeKind kind = NoticeFor(*saga.definition, saga.ending.value_or(Ending::kCancelledByCustomer), refunded);
  if (saga.ending.has_value() && notice.kind != kind) {
    report(Rule::kNotices, fmt::format("the customer is told of {} instead of {}", Name(notice.kind), Name(kind)));
  }
  if (notice.user_email != saga.user_email) report(Rule::kNotices, "somebody else than the customer is told");
  if (!SameLines(notice.lines, saga.lines)) report(Rule::kNotices, "the customer is told of other lines");
  if (notice.total != saga.total || notice.refunded != saga.refunded) {
    report(Rule::kNotices,
           fmt::format("the customer is told of {} and {} given back", Major(notice.total.minor, notice.total.currency),
                       Major(notice.refunded, notice.total.currency)));
  }
}

}  // namespace

void JudgeNotice(const SagaFacts& saga, const Notice* notice, Report& report) {
  if (saga.status == Status::kPending) {
    if (notice != nullptr) report(Rule::kNotices, "PENDING, and the customer is told of an ending");
    return;
  }
  if (notice != nullptr) JudgeWords(saga, *notice, report);
  if (saga.phase != Phase::kFinished) return;
  const StepState step = saga.StateOf(Effect::kNotice);
  if (step == StepState::kVoid) return;  // an operator has skipped it; an attempt before may have reached the customer
  if (notice == nullptr) return report(Rule::kNotices, "finished, and notification knows nothing of it");
  const bool refused = notice->state == EffectState::kRejected || notice->state == EffectState::kVoided;
  const bool fits = step == StepState::kRejected ? refused : notice->state == EffectState::kApplied;
  if (fits) return;
  report(Rule::kNotices, fmt::format("finished with {} {}, and the notice is {}", saga.StepWith(Effect::kNotice),
                                     Name(step), Name(notice->state)));
}

}  // namespace ordersaga::audit

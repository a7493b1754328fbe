#include "tests/scenarios/play.h"

#include <fmt/format.h>

#include <sstream>

#include "orchestrator/core/decide.h"
#include "orchestrator/core/invariants.h"
#include "orchestrator/core/order_saga.h"
#include "platform/base/error.h"
#include "platform/base/rng.h"
#include "tests/scenarios/happening.h"
#include "tests/scenarios/render.h"

namespace ordersaga::orchestrator {
namespace {

using Lines = std::vector<std::string>;

constexpr double kJitter = 0.5;  // every back-off is half its bound

class OneNumber final : public Rng {
 public:
  std::uint64_t Next() override { return 1; }
};

std::shared_ptr<const Order> TwoLaptops(absl::Time now) {
  OneNumber rng;
  auto order = std::make_shared<Order>();
  order->id = Uuid::MakeV7(now, 3, rng);
  order->lines = {{"product-001", 2, {5000, "USD"}}};
  order->user_email = "ann@example.com";
  order->total = {10000, "USD"};
  order->created_at = now;
  return order;
}

class Teller {
 public:
  absl::StatusOr<Lines> Tell(const Happening& happening) {
    if (const auto* policy = std::get_if<SetPolicy>(&happening)) return Set(*policy);
    if (std::holds_alternative<PlaceOrder>(happening)) return Place(std::get<PlaceOrder>(happening));
    if (!saga_.has_value()) return absl::InvalidArgumentError("a story begins with: order placed");
    if (const auto* wait = std::get_if<Wait>(&happening)) {
      now_ += wait->time;
      return Lines{};
    }
    if (std::holds_alternative<WaitUntilDue>(happening)) {
      if (!saga_->due_at.has_value()) return absl::InvalidArgumentError("the saga has no due time to wait for");
      now_ = std::max(now_, *saga_->due_at);
      return Happens(TimerDue{});
    }
    if (std::holds_alternative<Look>(happening)) return DescribeSaga(*saga_);
    if (std::holds_alternative<AskWhy>(happening)) return DescribeWhy(Explain(definition_, *saga_, now_), now_);
    if (const auto* reply = std::get_if<Reply>(&happening)) return Answer(*reply);
    return Happens(std::get<Event>(happening));
  }

 private:
  absl::StatusOr<Lines> Set(const SetPolicy& policy) {
    const std::map<std::string, absl::Duration*> policies = {
        {"attempt timeout", &options_.attempt_timeout},         {"payment budget", &options_.payment_budget},
        {"inventory budget", &options_.inventory_budget},       {"compensation budget", &options_.compensation_budget},
        {"notification budget", &options_.notification_budget}, {"deadline", &options_.saga_deadline},
        {"first back-off", &options_.backoff_initial},          {"longest back-off", &options_.backoff_cap},
    };
    const auto found = policies.find(policy.name);
    if (found == policies.end()) return absl::InvalidArgumentError("there is no such policy; see README.md");
    if (saga_.has_value()) return absl::InvalidArgumentError("policies stand before the order is placed");
    *found->second = policy.value;
    return Lines{};
  }

  absl::StatusOr<Lines> Place(const PlaceOrder& place) {
    if (saga_.has_value()) return absl::InvalidArgumentError("a story has one order");
    definition_ = OrderSaga(options_);
    if (absl::Status status = Check(definition_); !status.ok()) return status;
    return Take(DecideNew(definition_, {TwoLaptops(now_), place.start}, now_));
  }

  absl::StatusOr<Lines> Answer(const Reply& reply) {
    std::size_t step = 0;
    while (step < saga_->steps.size() && saga_->steps[step].name != reply.step) ++step;
    if (step == saga_->steps.size()) return absl::InvalidArgumentError("there is no step of this name: " + reply.step);
    const StepRecord& record = saga_->steps[step];
    const int current = reply.compensation ? record.compensation_attempts : record.action_attempts;
    const int attempt = reply.attempt == 0 ? current : reply.attempt;
    if (const auto* unknown = std::get_if<OutcomeUnknown>(&reply.outcome)) {
      if (reply.compensation) return Happens(CompensationReplied{step, attempt, *unknown});
      return Happens(ActionReplied{step, attempt, *unknown});
    }
    if (const auto* undone = std::get_if<Undone>(&reply.outcome)) {
      return Happens(CompensationReplied{step, attempt, *undone});
    }
    if (const auto* rejected = std::get_if<Rejected>(&reply.outcome)) {
      return Happens(ActionReplied{step, attempt, *rejected});
    }
    return Happens(ActionReplied{step, attempt, std::get<Applied>(reply.outcome)});
  }

  absl::StatusOr<Lines> Happens(const Event& event) {
    absl::StatusOr<Decision> decision = Decide(definition_, *saga_, event, now_, kJitter);
    if (decision.ok()) return Take(*std::move(decision));
    const absl::StatusCode code = decision.status().code();
    if (code != absl::StatusCode::kFailedPrecondition && code != absl::StatusCode::kAborted) return decision.status();
    return Lines{fmt::format("refused {}", ReasonOf(decision.status()))};
  }

  // What holds for every decision, whatever the story.
  absl::StatusOr<Lines> Take(Decision decision) {
    const std::int64_t version = saga_.has_value() ? saga_->version : 0;
    std::int64_t sequence = saga_.has_value() ? saga_->event_sequence : 0;
    for (const DomainEvent& event : decision.events) {
      if (event.sequence != ++sequence) return absl::InternalError("the order's events have a gap");
    }
    if (decision.next.event_sequence != sequence) return absl::InternalError("the saga has miscounted its events");
    if (decision.next.version != version + (decision.changed ? 1 : 0) ||
        decision.journal.size() != (decision.changed ? 1U : 0U)) {
      return absl::InternalError("one journal entry per change, none without");
    }
    if (absl::Status status = CheckInvariants(definition_, decision.next); !status.ok()) return status;
    Lines lines = Describe(definition_, decision, now_);
    saga_ = std::move(decision.next);
    return lines;
  }

  DefinitionOptions options_;
  Definition definition_;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  std::optional<Saga> saga_;
};

}  // namespace

absl::StatusOr<std::string> Play(const std::string& text) {
  Teller teller;
  std::istringstream in(text);
  std::string out;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.find_first_not_of(' ') != std::string::npos && line.front() == ' ') continue;  // told anew below
    out += line + '\n';
    if (line.find_first_not_of(' ') == std::string::npos || line.front() == '#') continue;
    absl::StatusOr<Happening> happening = ParseHappening(line);
    absl::StatusOr<Lines> lines = happening.ok() ? teller.Tell(*happening) : happening.status();
    if (!lines.ok()) {
      return absl::Status(lines.status().code(),
                          fmt::format("line {} ({}): {}", number, line, MessageOf(lines.status())));
    }
    for (const std::string& told : *lines) out += "    " + told + '\n';
  }
  return out;
}

}  // namespace ordersaga::orchestrator

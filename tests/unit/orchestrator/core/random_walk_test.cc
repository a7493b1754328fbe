// Throws random events at sagas and checks that every reachable one is sound and settles.
#include <random>

#include "orchestrator/core/invariants.h"
#include "tests/unit/orchestrator/core/saga_builder.h"

namespace ordersaga::orchestrator {
namespace {

std::variant<Applied, Rejected, OutcomeUnknown> AnyOutcome(std::mt19937& rng) {
  switch (rng() % 5) {
    case 0:
      return Rejected{"NO", "no"};
    case 1:
      return OutcomeUnknown{"silence", true, std::nullopt};
    case 2:
      return OutcomeUnknown{"refused", false, std::nullopt};
    default:
      return Applied{"id"};
  }
}

Event AnyEvent(std::mt19937& rng, const Saga& saga) {
  const std::size_t step = rng() % 4 == 0 ? rng() % 3 : saga.step;
  const int attempt = static_cast<int>(rng() % 3);
  switch (rng() % 7) {
    case 0:
      return CancelRequested{"why not"};
    case 1:
      return Resumed{};
    case 2:
      return TimerDue{};
    case 3:
      return Admitted{};
    case 4:
      return CompensationReplied{step, attempt, Undone{rng() % 2 == 0, std::nullopt, "u"}};
    default:
      return ActionReplied{step, attempt, AnyOutcome(rng)};
  }
}

TEST(RandomWalkTest, EverySagaStaysSoundAndSettles) {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 rng(seed);
    Story story(rng() % 2 == 0);
    for (int i = 0; i < 40; ++i) {
      story.Later(absl::Seconds(static_cast<int>(rng() % 120)));
      const absl::Status status = story.Happens(AnyEvent(rng, story.saga()));
      ASSERT_NE(status.code(), absl::StatusCode::kInternal) << status;
      ASSERT_TRUE(CheckInvariants(story.definition(), story.saga()).ok());
    }
    ASSERT_TRUE(story.Happens(Admitted{}).ok());
    for (int i = 0; i < 10 && !story.saga().finished(); ++i) {
      if (story.saga().phase == Phase::kCompensating) {
        story.Compensation(Undone{true, std::nullopt, "u"});
      } else {
        story.Action(Applied{"id"});
      }
    }
    EXPECT_TRUE(story.saga().finished());
  }
}

}  // namespace
}  // namespace ordersaga::orchestrator

// docs/state_machine.md is drawn from the table of legal moves; this test compares the two.
// STATE_MACHINE_REWRITE=1 core_test --gtest_filter='StateMachineDoc*' writes it anew.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "orchestrator/core/transitions.h"

namespace ordersaga::orchestrator {
namespace {

constexpr char kIntroduction[] = R"(# The saga's state machine

The phases and every legal move between them. `Decide` refuses any other move. This page is made from the table `kMoves`
in `orchestrator/core/transitions.h` and compared with it by a test (`tests/unit/orchestrator/core/state_machine_doc_test.cc`). Change
the table, then rewrite the page:

    STATE_MACHINE_REWRITE=1 build/tests/bin/core_test --gtest_filter='StateMachineDoc*'

What a step does within a phase is told by the stories in `tests/scenarios`.
)";

constexpr char kStates[] = R"(
Marks made without moving (a wish to cancel, parking, an operator's retry) are legal in every phase but `finished`.

| phase | the order shows | what is under way |
|---|---|---|
| waiting | PENDING | nothing yet: too many calls are out |
| forward | PENDING | actions, up to the pivot (inventory) |
| compensating | PENDING | undoing, in reverse, what is or may be there |
| notifying | COMPLETED or CANCELLED | telling the customer |
| finished | COMPLETED or CANCELLED | nothing |

States of a step: `waiting`, `running`, `applied`, `rejected`, `unknown` (given up without an answer; it is undone),
`compensating`, `compensated` (something was undone), `void` (there was nothing to undo).
)";

std::filesystem::path DocPath() {
  return std::filesystem::path(__FILE__).parent_path() / "../../../../docs/state_machine.md";
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A line break where the text would make the diagram too wide.
std::string Wrapped(std::string_view why) {
  std::string out;
  std::size_t width = 0;
  for (const char c : why) {
    const bool turn = c == ' ' && width > 24;
    out += turn ? std::string("<br>") : std::string(1, c == ':' || c == ';' ? ',' : c);  // both end a label in mermaid
    width = turn ? 0 : width + 1;
  }
  return out;
}

std::string Render() {
  std::string out = kIntroduction;
  out += "\n```mermaid\nstateDiagram-v2\n";
  out += fmt::format("  [*] --> {}\n  [*] --> {}: there is room\n", Name(Phase::kWaiting), Name(Phase::kForward));
  for (const Move& move : kMoves) {
    out += fmt::format("  {} --> {}: {}\n", Name(move.from), Name(move.to), Wrapped(move.why));
  }
  out += fmt::format("  {} --> [*]\n```\n\n| from | to | why |\n|---|---|---|\n", Name(Phase::kFinished));
  for (const Move& move : kMoves) {
    out += fmt::format("| {} | {} | {} |\n", Name(move.from), Name(move.to), move.why);
  }
  return out + kStates;
}

TEST(StateMachineDocTest, ShowsTheTableOfLegalMoves) {
  const std::string made = Render();
  const char* rewrite = std::getenv("STATE_MACHINE_REWRITE");  // NOLINT(concurrency-mt-unsafe)
  if (rewrite != nullptr && std::string_view(rewrite) == "1") std::ofstream(DocPath()) << made;
  EXPECT_EQ(ReadFile(DocPath()), made);
}

TEST(StateMachineDocTest, NoMoveIsListedTwiceAndNoneLeavesTheEnd) {
  for (std::size_t i = 0; i < kMoves.size(); ++i) {
    EXPECT_NE(kMoves[i].from, Phase::kFinished);
    for (std::size_t j = i + 1; j < kMoves.size(); ++j) {
      EXPECT_FALSE(kMoves[i].from == kMoves[j].from && kMoves[i].to == kMoves[j].to) << kMoves[j].why;
    }
  }
}

}  // namespace
}  // namespace ordersaga::orchestrator

// The loop sleeps until something is posted, forms a turn from all that waits, runs it (again, if it lost a race), and
// hands every item to `answer` or `fail`. What shares a lock key with an item of the turn waits for the next one.
#include "platform/participant/shell/turn_loop.h"

#include <set>
#include <utility>

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/runtime/heartbeat.h"
#include "platform/runtime/log.h"

namespace ordersaga::participant {
namespace {

constexpr int kAttempts = 5;  // of a turn that lost a race
// What an action's not_after leaves beyond the saga's deadline (orchestrator/core/definition.h, late_margin).
constexpr absl::Duration kTolerance = absl::Minutes(1);
constexpr absl::Duration kTroubleLasts = absl::Seconds(10);

absl::Status Away() {
  return TryAgain(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE",
                  "the database cannot be reached; the same request again is safe", absl::Milliseconds(500));
}

}  // namespace

TurnLoop::TurnLoop(TurnLoopOptions options, const Clock& clock, Handler handler)
    : options_(std::move(options)),
      clock_(clock),
      handler_(std::move(handler)),
      before_(handler_.name + ".before_transaction"),
      done_(handler_.name + ".effect_done_not_committed"),
      committed_(handler_.name + ".committed_not_replied"),
      session_(options_.session),
      spacing_(options_.turns_apart, options_.company),
      database_clock_(clock, kTolerance) {}

absl::Status TurnLoop::Start() {
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void TurnLoop::Stop() {
  mailbox_.Close();
  if (thread_.joinable()) thread_.join();
}

void TurnLoop::Submit(Item item) {
  if (mailbox_.closed()) return handler_.fail(item, Away());
  if (mailbox_.size() + held_back_ >= options_.max_queue) {
    return handler_.fail(item, TryAgain(absl::StatusCode::kResourceExhausted, "TOO_BUSY",
                                        "too many requests are waiting", absl::Seconds(1)));
  }
  mailbox_.Post(std::move(item));
}

std::string TurnLoop::trouble() const {
  absl::MutexLock lock(&mu_);
  return clock_.Monotonic() - failed_at_ < kTroubleLasts ? trouble_ : "";
}

void TurnLoop::Run() {
  Heartbeat heartbeat(clock_);
  std::deque<Item> waiting;
  while (true) {
    heartbeat.Beat();
    mailbox_.AwaitClosed(spacing_.Wait(clock_.Monotonic()));
    const bool closing = mailbox_.closed();
    auto fresh = waiting.empty() ? mailbox_.Drain(heartbeat.Wait()) : mailbox_.DrainNow();
    for (Item& item : fresh) waiting.push_back(std::move(item));
    if (waiting.empty()) {
      if (closing) return;
      continue;
    }
    std::vector<Item> turn = Form(waiting);
    held_back_ = waiting.size();
    spacing_.Began(turn.size(), clock_.Monotonic());
    if (!turn.empty()) Execute(std::move(turn));
    if (failed_in_a_row_ < 2) continue;
    for (Item& item : waiting) handler_.fail(item, Away());
    waiting.clear();
    for (Item& item : mailbox_.DrainNow()) handler_.fail(item, Away());
    held_back_ = 0;
  }
}

std::vector<Item> TurnLoop::Form(std::deque<Item>& waiting) {
  std::vector<Item> turn;
  std::deque<Item> rest;
  std::set<std::string> keys;  // lock keys, and keys of parts, which might be named for two wholes
  const absl::Time now = clock_.Now();
  for (Item& item : waiting) {
    const std::string& key = KeyOf(item.request);
    const std::string& lock = LockOf(item.request);
    if (item.deadline <= now) {
      handler_.fail(item, absl::DeadlineExceededError("the caller has given up"));
    } else if (turn.size() < options_.max_turn && !keys.contains(key) && keys.insert(lock).second) {
      if (key != lock) keys.insert(key);
      turn.push_back(std::move(item));
    } else {
      rest.push_back(std::move(item));
    }
  }
  waiting = std::move(rest);
  return turn;
}

absl::Status TurnLoop::Attempt(std::vector<Item>& turn) {
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    status = session_.Run([&](pg::Tx& tx) {
      const absl::Status handled = handler_.handle(tx, turn, database_clock_, attempt > 0);
      FaultPoint(done_.c_str());
      return handled;
    });
    if (pg::FailureOf(status) != pg::PgFailure::kRetry) break;
  }
  return status;
}

void TurnLoop::Execute(std::vector<Item> turn) {
  FaultPoint(before_.c_str());
  const absl::Status status = Attempt(turn);
  failed_in_a_row_ =
      status.ok() ? 0 : failed_in_a_row_ + (pg::FailureOf(status) == pg::PgFailure::kUnavailable ? 1 : 0);
  SetTrouble(status);
  if (status.ok()) {
    FaultPoint(committed_.c_str());
    ++turns_;
    items_ += static_cast<std::int64_t>(turn.size());
    for (Item& item : turn) handler_.answer(item);
    return;
  }
  if (pg::FailureOf(status) == pg::PgFailure::kBadRow) return Halve(std::move(turn), status);
  LogWarn("turn failed", {{"error", MessageOf(status)}, {"items", std::to_string(turn.size())}});
  for (Item& item : turn) handler_.fail(item, Away());
}

void TurnLoop::SetTrouble(const absl::Status& status) {
  const bool reached = status.ok() || pg::FailureOf(status) == pg::PgFailure::kBadRow;
  absl::MutexLock lock(&mu_);
  trouble_ = reached ? "" : MessageOf(status);
  if (!reached) failed_at_ = clock_.Monotonic();
}

void TurnLoop::Halve(std::vector<Item> turn, const absl::Status& status) {
  if (turn.size() == 1) {
    LogError("request cannot be stored", {{"error", MessageOf(status)}});
    return handler_.fail(turn.front(),
                         MakeError(absl::StatusCode::kInternal, "BAD_ROW", "the request cannot be stored"));
  }
  const auto middle = turn.begin() + static_cast<std::ptrdiff_t>(turn.size() / 2);
  std::vector<Item> second(std::make_move_iterator(middle), std::make_move_iterator(turn.end()));
  turn.erase(middle, turn.end());
  Execute(std::move(turn));
  Execute(std::move(second));
}

}  // namespace ordersaga::participant

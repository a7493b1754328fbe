// A participant's turns: one thread takes everything that has been asked, handles it in ONE transaction, and answers
// only after the commit. Under load turns begin a little apart, so that more share one (platform/base/turn_spacing.h).
//
// Item needs `std::string action_key` and `absl::Time deadline`. A turn holds at most one item per action key (the rest
// waits for the next turn), so an action and its compensation never share one. Items whose caller has given up are
// dropped when the turn forms, before they cost anything.
//
// What goes wrong, and what the callers hear: database away or commit in doubt, UNAVAILABLE with RetryInfo at once (a
// repeat finds out), and if the next turn fails too, everybody who waits hears the same without being tried: a database
// host that swallows packets costs a connection's time limit, not one for each turn; one item that cannot be stored,
// the turn is halved until he is alone, and only he gets INTERNAL; more than max_queue waiting, RESOURCE_EXHAUSTED.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/base/clock.h"
#include "platform/base/database_clock.h"
#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/base/mailbox.h"
#include "platform/base/turn_spacing.h"
#include "platform/pg/session.h"
#include "platform/runtime/log.h"
#include "platform/runtime/service.h"

namespace ordersaga::participant {

struct TurnLoopOptions {
  pg::SessionOptions session;
  std::size_t max_queue = 20'000;
  std::size_t max_turn = 256;
  absl::Duration turns_apart = absl::Milliseconds(4);  // under load: from the beginning of a turn to that of the next
};

// Submit and Continue may be called from any thread. handle, answer and fail run on the loop's thread, except that an
// item refused by Submit fails on the thread of its caller.
template <typename Item>
class TurnLoop final : public Service {
 public:
  struct Handler {
    // Decides and writes the whole turn, leaving each item's outcome in it. May be run more than once for the same
    // items.
    std::function<absl::Status(pg::Tx&, std::vector<Item>&, DatabaseClock&)> handle;
    std::function<void(Item&)> answer;                     // after the commit
    std::function<void(Item&, const absl::Status&)> fail;  // nothing of it was stored, or nobody knows
    std::string name;                                      // prefix of the fault points: "payment"
  };

  TurnLoop(TurnLoopOptions options, const Clock& clock, Handler handler)
      : options_(std::move(options)),
        clock_(clock),
        handler_(std::move(handler)),
        before_(handler_.name + ".before_transaction"),
        done_(handler_.name + ".effect_done_not_committed"),
        committed_(handler_.name + ".committed_not_replied"),
        session_(options_.session),
        spacing_(options_.turns_apart),
        database_clock_(clock, kTolerance) {}
  ~TurnLoop() override { Stop(); }

  absl::Status Start() override {
    if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }

  // Finishes what is queued.
  void Stop() override {
    mailbox_.Close();
    if (thread_.joinable()) thread_.join();
  }

  // What a caller asks.
  void Submit(Item item) {
    if (mailbox_.closed()) return handler_.fail(item, Away());
    if (mailbox_.size() + held_back_ >= options_.max_queue) {
      return handler_.fail(item, TryAgain(absl::StatusCode::kResourceExhausted, "TOO_BUSY",
                                          "too many requests are waiting", absl::Seconds(1)));
    }
    mailbox_.Post(std::move(item));
  }

  // What the service itself has begun and must bring to an end (a provider's answer): never refused. After Stop it is
  // dropped, as a crash would.
  void Continue(Item item) { mailbox_.Post(std::move(item)); }

  // Why turns are not stored; empty if the latest was, or if that is some time ago (nobody has asked for another one
  // since). Any thread.
  std::string trouble() const {
    absl::MutexLock lock(&mu_);
    return clock_.Monotonic() - failed_at_ < kTroubleLasts ? trouble_ : "";
  }
  absl::Duration clock_offset() const { return database_clock_.offset(); }
  std::int64_t turns() const { return turns_; }
  std::int64_t items() const { return items_; }

 private:
  static absl::Status Away() {
    return TryAgain(absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE",
                    "the database cannot be reached; the same request again is safe", absl::Milliseconds(500));
  }

  void Run() {
    std::deque<Item> waiting;
    while (true) {
      mailbox_.AwaitClosed(spacing_.Wait(clock_.Monotonic()));
      const bool closing = mailbox_.closed();
      auto fresh = waiting.empty() ? mailbox_.Drain(absl::InfiniteDuration()) : mailbox_.DrainNow();
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

  std::vector<Item> Form(std::deque<Item>& waiting) {
    std::vector<Item> turn;
    std::deque<Item> rest;
    std::set<std::string> keys;
    const absl::Time now = clock_.Now();
    for (Item& item : waiting) {
      if (item.deadline <= now) {
        handler_.fail(item, absl::DeadlineExceededError("the caller has given up"));
      } else if (turn.size() < options_.max_turn && keys.insert(item.action_key).second) {
        turn.push_back(std::move(item));
      } else {
        rest.push_back(std::move(item));
      }
    }
    waiting = std::move(rest);
    return turn;
  }

  void Execute(std::vector<Item> turn) {
    FaultPoint(before_.c_str());
    absl::Status status;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      status = session_.Run([&](pg::Tx& tx) {
        const absl::Status handled = handler_.handle(tx, turn, database_clock_);
        FaultPoint(done_.c_str());
        return handled;
      });
      if (pg::FailureOf(status) != pg::PgFailure::kRetry) break;
    }
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

  void SetTrouble(const absl::Status& status) {
    const bool reached = status.ok() || pg::FailureOf(status) == pg::PgFailure::kBadRow;
    absl::MutexLock lock(&mu_);
    trouble_ = reached ? "" : MessageOf(status);
    if (!reached) failed_at_ = clock_.Monotonic();
  }

  void Halve(std::vector<Item> turn, const absl::Status& status) {
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

  static constexpr int kAttempts = 5;  // of a turn that lost a race
  // What an action's not_after leaves beyond the saga's deadline (orchestrator/core/definition.h, late_margin).
  static constexpr absl::Duration kTolerance = absl::Minutes(1);
  static constexpr absl::Duration kTroubleLasts = absl::Seconds(10);

  const TurnLoopOptions options_;
  const Clock& clock_;
  const Handler handler_;
  const std::string before_, done_, committed_;
  pg::Session session_;
  Mailbox<Item> mailbox_;
  TurnSpacing spacing_;           // the loop's thread only
  DatabaseClock database_clock_;  // likewise, but for its offset
  std::atomic<std::size_t> held_back_{0};
  mutable absl::Mutex mu_;
  std::string trouble_ ABSL_GUARDED_BY(mu_);
  absl::Duration failed_at_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();  // monotonic
  int failed_in_a_row_ = 0;  // turns that found no database; the loop's thread only
  std::atomic<std::int64_t> turns_{0};
  std::atomic<std::int64_t> items_{0};
  std::thread thread_;
};

}  // namespace ordersaga::participant

// A participant's turns: one thread takes everything that has been asked, handles it in ONE transaction, and answers
// only after the commit. Under load turns begin a little apart, so that more share one (platform/base/turn_spacing.h).
//
// A turn holds at most one item per lock key (the rest waits for the next turn), so an action, its compensation and its
// parts never share one. Items whose caller has given up are dropped when the turn forms, before they cost anything.
//
// What goes wrong, and what the callers hear: database away or commit in doubt, UNAVAILABLE with RetryInfo at once (a
// repeat finds out), and if the next turn fails too, everybody who waits hears the same without being tried: a database
// host that swallows packets costs a connection's time limit, not one for each turn; one item that cannot be stored,
// the turn is halved until it is alone, and only its caller gets INTERNAL; more than max_queue waiting,
// RESOURCE_EXHAUSTED.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "platform/base/clock.h"
#include "platform/base/database_clock.h"
#include "platform/base/mailbox.h"
#include "platform/base/turn_spacing.h"
#include "platform/participant/core/calls.h"
#include "platform/pg/session.h"
#include "platform/runtime/service.h"

namespace ordersaga::participant {

struct TurnLoopOptions {
  pg::SessionOptions session;
  std::size_t max_queue = 20'000;
  std::size_t max_turn = 256;
  absl::Duration turns_apart = absl::Milliseconds(4);  // from the beginning of a turn to that of the next...
  std::size_t company = 4;                             // ...if so many shared it
};

// One request, who waits for its answer, and what the turn has decided.
struct Item {
  Request request;
  absl::Time deadline = absl::InfiniteFuture();
  Calls::Done done = nullptr;  // may be empty
  Decided decided = {};
};

// Submit and Continue may be called from any thread. handle, answer and fail run on the loop's thread, except that an
// item refused by Submit fails on the thread of its caller.
class TurnLoop final : public Service {
 public:
  struct Handler {
    // Decides and writes the whole turn, leaving in each item what was decided. May be run more than once for the same
    // items: `again` says so.
    std::function<absl::Status(pg::Tx&, std::vector<Item>&, DatabaseClock&, bool again)> handle;
    std::function<void(Item&)> answer;                     // after the commit
    std::function<void(Item&, const absl::Status&)> fail;  // nothing of it was stored, or nobody knows
    std::string name;                                      // prefix of the fault points: "payment"
  };

  TurnLoop(TurnLoopOptions options, const Clock& clock, Handler handler);
  ~TurnLoop() override { Stop(); }

  absl::Status Start() override;
  // Finishes what is queued.
  void Stop() override;

  // What a caller asks.
  void Submit(Item item);
  // What the service itself has begun and must bring to an end (a provider's answer): never refused for want of room.
  // While the database is away, and after Stop, it is dropped, as by a crash: whoever asks or resumes next asks again.
  void Continue(Item item) { mailbox_.Post(std::move(item)); }

  // Why turns are not stored; empty if the latest was, or if that is some time ago (nobody has asked for another one
  // since). Any thread.
  std::string trouble() const;
  absl::Duration clock_offset() const { return database_clock_.offset(); }
  std::int64_t turns() const { return turns_; }
  std::int64_t items() const { return items_; }

 private:
  void Run();
  std::vector<Item> Form(std::deque<Item>& waiting);
  void Execute(std::vector<Item> turn);
  absl::Status Attempt(std::vector<Item>& turn);
  void Halve(std::vector<Item> turn, const absl::Status& status);
  void SetTrouble(const absl::Status& status);

  const TurnLoopOptions options_;
  const Clock& clock_;
  const Handler handler_;
  const std::string before_, done_, committed_;  // fault points
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

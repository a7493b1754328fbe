// What callers hand to the publisher's thread, and how it sleeps until there is some.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "platform/amqp/confirm_window.h"
#include "platform/amqp/message.h"
#include "platform/base/clock.h"

namespace ordersaga::amqp {

struct Waiting {
  Message message;
  Done done;
  absl::Duration since;  // monotonic
};

// Thread-safe. Counts every message from Put until its answer, so that no more than `most` are unanswered.
class Inbox {
 public:
  // `clock` must outlive this.
  Inbox(std::size_t most, const Clock& clock);
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // False if the kernel gave no file descriptor to be woken by: the publisher cannot start.
  bool usable() const { return wake_fd_ >= 0; }

  // Hands the message over. After Close the answer is kLost, at once, on the caller's thread.
  void Put(Message message, Done done);
  // Moves what has come to the end of `waiting`. What came while `most` were unanswered is answered kLost.
  void TakeAll(std::deque<Waiting>* waiting);
  // Tells the callers. Not to be called with a lock held.
  void Answer(ConfirmWindow::Settled* settled);
  // Waits until all that was put has been answered, for at most `limit`; at once if nobody will, after Close.
  void AwaitAnswers(absl::Duration limit);

  // Asks the publisher's thread to end. Put goes on until Close.
  void RequestStop();
  bool stop_requested() const;
  void Close();

  // Sleeps until something is put, a stop is requested, `socket` (-1: none) can be read, or `timeout` is over.
  void Sleep(int socket, absl::Duration timeout);

 private:
  void Wake();
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return unanswered_ == 0 || closed_; }

  const std::size_t most_;
  const Clock& clock_;
  const int wake_fd_;  // eventfd: readable when incoming_, refused_ or stop_requested_ has changed
  mutable absl::Mutex mu_;
  std::vector<Waiting> incoming_ ABSL_GUARDED_BY(mu_);
  std::vector<Done> refused_ ABSL_GUARDED_BY(mu_);  // came while `most` were unanswered
  std::size_t unanswered_ ABSL_GUARDED_BY(mu_) = 0;
  bool stop_requested_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace ordersaga::amqp

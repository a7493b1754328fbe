// Publishes messages so that the broker's word is known for each: confirmed, unroutable or lost.
//
// One thread owns one connection, to the first URL of a list that answers; it declares the exchanges, and keeps a
// window of unconfirmed messages in flight. After a connection has ended the next URL's turn comes. When the connection
// breaks (or the broker closes the channel, or blocks publishers for longer than `stall_limit`) everything unconfirmed
// is answered kLost, and it connects again, with back-off as soon as the whole list has failed. A message that breaks a
// limit is answered kUnpublishable and harms no other: ours are looked at before sending; when the broker closes the
// channel over one, the next connection sends one at a time until the culprit is alone. While there is no broker, what
// was handed over is answered kLost each time the whole list has failed, so nothing piles up here and a caller that
// simply asks again is slowed to the pace of the attempts.
//
// A broker that refuses (nacks) is left for the next URL (with one URL, the same name's), which takes what is left;
// nothing is lost by that (stay.h).
//
// Order: messages go out in the order of Publish. A caller that needs an order kept in spite of
// loss must hand over the next message only after the answer to the one before.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "platform/amqp/confirm_window.h"
#include "platform/amqp/connection.h"
#include "platform/amqp/inbox.h"
#include "platform/amqp/message.h"
#include "platform/amqp/stay.h"
#include "platform/base/backoff.h"
#include "platform/base/clock.h"
#include "platform/base/rng.h"
#include "platform/runtime/service.h"

namespace ordersaga::amqp {

struct PublisherOptions {
  std::string url;                                  // amqp://user:password@host:port/vhost, or a list (url.h)
  std::string name = "ordersaga";                   // of the connection, for the broker's management tools
  std::string ca_file = {};                         // as in ConnectionOptions
  std::vector<std::string> topic_exchanges;         // declared at every connect: durable, no arguments
  bool mandatory = true;                            // learn of messages that no queue is bound for
  std::size_t max_body = std::size_t{1024} * 1024;  // bytes; a longer one is kUnpublishable
  std::size_t window = 256;                         // unconfirmed messages in flight; more than 1,000 gains nothing
  std::size_t max_unanswered = 10'000;              // messages in all; beyond that: kLost
  absl::Duration stall_limit = absl::Seconds(10);   // longest wait for the socket or for a confirm
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration heartbeat = absl::Seconds(10);
  Backoff reconnect{.initial = absl::Milliseconds(200), .cap = absl::Seconds(2)};
  absl::Duration least_stay = absl::Seconds(1);  // between two connections given up because the broker refuses;
  absl::Duration most_stay = absl::Seconds(30);  // doubles up to this while it goes on refusing
  absl::Duration drain_limit = absl::Seconds(2);
};

// Thread-safe.
class ConfirmedPublisher final : public Service {
 public:
  // `clock` and `rng` must outlive this.
  ConfirmedPublisher(PublisherOptions options, const Clock& clock, Rng& rng);
  ~ConfirmedPublisher() override;

  // Returns at once. `done` is called exactly once, on the publisher's thread; it must not block.
  // After Stop the answer is kLost, on the caller's thread.
  void Publish(Message message, Done done);

  // OK while the broker takes messages, else UNAVAILABLE with the latest error. For display: a
  // missing broker must not make a process unready.
  absl::Status status() const;
  bool connected() const { return status().ok(); }
  // How often a connection has been made since the start.
  std::int64_t connects() const { return connects_; }

  // INVALID_ARGUMENT for an URL that cannot be one. A broker that does not answer is no error.
  absl::Status Start() override;
  void Drain() override;  // waits until all is answered, for at most drain_limit; goes on accepting
  void Stop() override;   // answers what is left with kLost

 private:
  void Run();
  // One connection from beginning to end; how it ended.
  absl::Status LiveOnce();
  // Tries every URL once, beginning with the one whose turn it is.
  absl::StatusOr<std::unique_ptr<Connection>> Connect();
  absl::StatusOr<std::unique_ptr<Connection>> ConnectTo(const Url& url);
  void NextUrl() { turn_ = (turn_ + 1) % urls_.size(); }
  // Publishes and collects confirms until Stop (OK) or until the connection is of no more use.
  absl::Status Serve(Connection& connection);
  absl::Status SendWaiting(Connection& connection);
  absl::Status ReadNews(Connection& connection);
  void OnNews(const BrokerNews& news, ConfirmWindow::Settled* settled);
  absl::Status CheckStall();
  bool left() const { return stay_.leaving() && (unconfirmed_.empty() || clock_.Monotonic() >= stay_.leave_by()); }
  bool CanSend() const { return !blocked_ && !stay_.leaving() && !waiting_.empty() && unconfirmed_.size() < Window(); }
  std::size_t Window() const { return careful_ > 0 ? 1 : options_.window; }
  // The connection has ended so: answers what was in flight.
  void OnEnded(const absl::Status& ended);

  // Answers what has not been sent: kLost.
  void LoseWaiting();
  void WaitForWork(const Connection& connection);
  void WaitBeforeReconnect(absl::Duration delay);
  void SetStatus(const absl::Status& status);

  const PublisherOptions options_;
  const Clock& clock_;
  Rng& rng_;
  std::vector<Url> urls_;  // set by Start
  Inbox inbox_;

  // Owned by the thread.
  std::deque<Waiting> waiting_;     // not sent yet
  ConfirmWindow unconfirmed_;       // sent
  std::size_t turn_ = 0;            // of which URL
  bool blocked_ = false;            // the broker has asked for silence
  Stay stay_;                       // with a broker that refuses
  std::uint64_t settled_here_ = 0;  // confirms seen on the present connection
  std::size_t careful_ = 0;         // so many messages more go out one at a time: one of them closes channels

  std::atomic<std::int64_t> connects_{0};
  mutable absl::Mutex mu_;
  absl::Status status_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace ordersaga::amqp

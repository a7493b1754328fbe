#include "platform/amqp/publisher.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/runtime/log.h"

namespace ordersaga::amqp {
namespace {

absl::Status Down(const std::string& why) {
  return MakeError(absl::StatusCode::kUnavailable, "BROKER_UNAVAILABLE", why);
}

}  // namespace

ConfirmedPublisher::ConfirmedPublisher(PublisherOptions options, const Clock& clock, Rng& rng)
    : options_(std::move(options)),
      clock_(clock),
      rng_(rng),
      status_(Down("not connected yet")),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

ConfirmedPublisher::~ConfirmedPublisher() {
  Stop();
  if (wake_fd_ >= 0) close(wake_fd_);
}

absl::Status ConfirmedPublisher::Start() {
  if (thread_.joinable()) return absl::OkStatus();
  if (wake_fd_ < 0) return absl::InternalError("no eventfd for the publisher");
  auto urls = ParseUrls(options_.url);
  if (!urls.ok()) return urls.status();
  urls_ = *std::move(urls);
  watchdog_ = std::make_unique<Watchdog>(clock_, options_.stall_limit);
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void ConfirmedPublisher::Drain() {
  absl::MutexLock lock(&mu_);
  if (stopped_ || !thread_.joinable()) return;
  mu_.AwaitWithTimeout(absl::Condition(this, &ConfirmedPublisher::AllAnswered), options_.drain_limit);
}

void ConfirmedPublisher::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  Wake();
  if (thread_.joinable()) thread_.join();
  watchdog_.reset();
  // What came before Start, or between the thread's last look and now.
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
  }
  TakeIncoming();
  LoseWaiting();
}

void ConfirmedPublisher::Publish(Message message, Done done) {
  {
    absl::MutexLock lock(&mu_);
    if (!stopped_) {
      const bool thread_knows = !incoming_.empty() || !refused_.empty();
      ++held_;
      if (held_ > options_.max_held) {
        refused_.push_back(std::move(done));
      } else {
        incoming_.push_back({std::move(message), std::move(done), clock_.Monotonic()});
      }
      if (!thread_knows) Wake();
      return;
    }
  }
  done(Outcome::kLost);
}

absl::Status ConfirmedPublisher::status() const {
  absl::MutexLock lock(&mu_);
  return status_;
}

void ConfirmedPublisher::Run() {
  int failures = 0;  // in a row, without one confirm in between
  while (!stopping()) {
    const absl::Status ended = LiveOnce();
    if (stopping()) break;
    if (leaving_) {  // for another node; that is no reason to wait
      failures = 0;
      OnEnded(ended);
      continue;
    }
    SetStatus(ended);
    failures = settled_here_ > 0 ? 1 : failures + 1;
    OnEnded(ended);
    WaitBeforeReconnect(options_.reconnect.Delay(failures, rng_.Fraction()));
  }
  ConfirmWindow::Settled lost;
  unconfirmed_.LoseAll(&lost);
  Answer(&lost);
  SetStatus(Down("stopped"));
}

void ConfirmedPublisher::OnEnded(const absl::Status& ended) {
  ConfirmWindow::Settled settled;
  const bool refused = ReasonOf(ended) == "MESSAGE_REFUSED";
  if (refused && careful_ > 0) {
    careful_ = 0;
    unconfirmed_.CondemnAll(&settled);
  } else {
    if (refused) careful_ = options_.window;
    unconfirmed_.LoseAll(&settled);
  }
  Answer(&settled);
}

absl::Status ConfirmedPublisher::LiveOnce() {
  settled_here_ = 0;
  leaving_ = false;
  blocked_ = false;
  auto connection = Connect();
  if (!connection.ok()) {
    SetStatus(connection.status());
    TakeIncoming();
    LoseWaiting();
    return connection.status();
  }
  SetStatus(absl::OkStatus());
  ++connects_;
  const absl::Status ended = Serve(**connection);
  NextUrl();
  if (ended.ok()) {  // stopping
    const Watchdog::Scope scope(*watchdog_, (*connection)->socket());
    (*connection)->Close();
  }
  return ended;
}

absl::StatusOr<std::unique_ptr<Connection>> ConfirmedPublisher::Connect() {
  std::string failures;
  for (std::size_t i = 0; i < urls_.size() && !stopping(); ++i, NextUrl()) {
    auto connection = ConnectTo(urls_[turn_]);
    if (connection.ok()) {
      if (!failures.empty()) LogWarn("broker passed over", {{"error", failures}});
      return connection;
    }
    if (!failures.empty()) failures += "; ";
    failures += MessageOf(connection.status());
    TakeIncoming();  // answers what is over the bound; the rest waits for the next URL
  }
  return Down(failures);
}

absl::StatusOr<std::unique_ptr<Connection>> ConfirmedPublisher::ConnectTo(const Url& url) {
  auto connection = Connection::Open({.url = url,
                                      .name = options_.name,
                                      .connect_timeout = options_.connect_timeout,
                                      .heartbeat = options_.heartbeat});
  if (!connection.ok()) return connection;
  for (const std::string& exchange : options_.topic_exchanges) {
    if (auto status = (*connection)->DeclareTopicExchange(exchange); !status.ok()) return status;
  }
  return connection;
}

absl::Status ConfirmedPublisher::Serve(Connection& connection) {
  while (!stopping()) {
    TakeIncoming();
    if (auto status = SendWaiting(connection); !status.ok()) return status;
    if (auto status = ReadNews(connection); !status.ok()) return status;
    if (auto status = CheckStall(); !status.ok()) return status;
    if (left()) return Down("the broker refuses messages");
    if (!CanSend() && !connection.HasBufferedInput()) WaitForWork(connection);
  }
  return absl::OkStatus();
}

absl::Status ConfirmedPublisher::SendWaiting(Connection& connection) {
  if (!CanSend()) return absl::OkStatus();
  absl::Status status;
  ConfirmWindow::Settled unpublishable;
  connection.SetCork(true);
  while (status.ok() && CanSend()) {
    Waiting& next = waiting_.front();
    if (const std::string why = WhyUnpublishable(next.message, options_.max_body); !why.empty()) {
      LogError("message cannot be published", {{"message_id", next.message.message_id}, {"why", why}});
      unpublishable.emplace_back(std::move(next.done), Outcome::kUnpublishable);
      waiting_.pop_front();
      continue;
    }
    {
      const Watchdog::Scope scope(*watchdog_, connection.socket());
      status = connection.Publish(next.message, options_.mandatory);
    }
    // Even a failed one may have gone out: it is lost with the others.
    unconfirmed_.Add(std::move(next.message.message_id), clock_.Monotonic(), std::move(next.done));
    waiting_.pop_front();
  }
  connection.SetCork(false);
  Answer(&unpublishable);
  FaultPoint("relay.published_not_confirmed");
  return status;
}

absl::Status ConfirmedPublisher::ReadNews(Connection& connection) {
  std::vector<BrokerNews> news;
  absl::Status status;
  {
    const Watchdog::Scope scope(*watchdog_, connection.socket());  // it may send a heartbeat
    status = connection.Read(&news);
  }
  ConfirmWindow::Settled settled;
  for (const BrokerNews& item : news) OnNews(item, &settled);
  const bool refused = std::any_of(settled.begin(), settled.end(),
                                   [](const auto& answer) { return answer.second == Outcome::kRefused; });
  if (refused) OnRefused();
  settled_here_ += settled.size();
  careful_ -= std::min(careful_, settled.size());
  Answer(&settled);
  return status;
}

void ConfirmedPublisher::OnRefused() {
  constexpr absl::Duration kPatience = absl::Seconds(1);  // for the confirms of what is in flight
  const absl::Duration now = clock_.Monotonic();
  if (leaving_ || now < stay_until_) return;
  leaving_ = true;
  leave_by_ = now + kPatience;
  LogInfo("leaving a broker that refuses messages",
          {{"host", urls_[turn_].host}, {"port", std::to_string(urls_[turn_].port)}});
  const bool again = now < stay_until_ + options_.most_stay;
  stay_ = again ? std::min(2 * stay_, options_.most_stay) : options_.least_stay;
  stay_until_ = now + stay_;
}

void ConfirmedPublisher::OnNews(const BrokerNews& news, ConfirmWindow::Settled* settled) {
  switch (news.kind) {
    case BrokerNews::Kind::kAck:
    case BrokerNews::Kind::kNack:
      unconfirmed_.Confirm(news.tag, news.multiple, news.kind == BrokerNews::Kind::kAck, settled);
      return;
    case BrokerNews::Kind::kReturned:
      unconfirmed_.MarkReturned(news.text);
      return;
    case BrokerNews::Kind::kBlocked:
      blocked_ = true;
      SetStatus(Down(fmt::format("the broker blocks publishers: {}", news.text)));
      return;
    case BrokerNews::Kind::kUnblocked:
      blocked_ = false;
      SetStatus(absl::OkStatus());
      return;
  }
}

absl::Status ConfirmedPublisher::CheckStall() {
  const absl::Duration now = clock_.Monotonic();
  ConfirmWindow::Settled late;
  while (!waiting_.empty() && now - waiting_.front().since > options_.stall_limit) {
    late.emplace_back(std::move(waiting_.front().done), Outcome::kLost);
    waiting_.pop_front();
  }
  Answer(&late);
  if (unconfirmed_.empty() || now - unconfirmed_.oldest() <= options_.stall_limit) {
    return absl::OkStatus();
  }
  return Down(fmt::format("no confirm within {}", absl::FormatDuration(options_.stall_limit)));
}

void ConfirmedPublisher::TakeIncoming() {
  std::vector<Waiting> incoming;
  ConfirmWindow::Settled refused;
  {
    absl::MutexLock lock(&mu_);
    incoming.swap(incoming_);
    for (Done& done : refused_) refused.emplace_back(std::move(done), Outcome::kLost);
    refused_.clear();
  }
  std::move(incoming.begin(), incoming.end(), std::back_inserter(waiting_));
  Answer(&refused);
}

void ConfirmedPublisher::LoseWaiting() {
  ConfirmWindow::Settled lost;
  for (Waiting& waiting : waiting_) lost.emplace_back(std::move(waiting.done), Outcome::kLost);
  waiting_.clear();
  Answer(&lost);
}

void ConfirmedPublisher::Answer(ConfirmWindow::Settled* settled) {
  if (settled->empty()) return;
  for (auto& [done, outcome] : *settled) done(outcome);
  absl::MutexLock lock(&mu_);
  held_ -= settled->size();
  settled->clear();
}

void ConfirmedPublisher::WaitForWork(const Connection& connection) {
  const absl::Duration now = clock_.Monotonic();
  absl::Duration until = now + options_.heartbeat / 3;  // Read() must be called to send heartbeats
  if (!unconfirmed_.empty()) until = std::min(until, unconfirmed_.oldest() + options_.stall_limit);
  if (!waiting_.empty()) until = std::min(until, waiting_.front().since + options_.stall_limit);
  if (leaving_) until = std::min(until, leave_by_);
  Poll(connection.socket(), until - now);
}

void ConfirmedPublisher::WaitBeforeReconnect(absl::Duration delay) {
  const absl::Duration until = clock_.Monotonic() + delay;
  for (absl::Duration left = delay; left > absl::ZeroDuration() && !stopping(); left = until - clock_.Monotonic()) {
    Poll(/*socket=*/-1, left);
    TakeIncoming();  // answers what is over the bound; the rest waits for the next attempt
  }
}

void ConfirmedPublisher::Poll(int socket, absl::Duration timeout) {
  std::array<pollfd, 2> fds{pollfd{wake_fd_, POLLIN, 0}, pollfd{socket, POLLIN, 0}};
  // Rounded up, so that what was waited for is really over.
  const auto milliseconds = std::clamp<std::int64_t>(absl::ToInt64Milliseconds(timeout) + 1, 1, 60'000);
  if (poll(fds.data(), fds.size(), static_cast<int>(milliseconds)) <= 0) return;
  if (fds[0].revents != 0) {
    std::uint64_t count = 0;
    (void)!read(wake_fd_, &count, sizeof(count));
  }
}

void ConfirmedPublisher::Wake() {
  const std::uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof(one));
}

void ConfirmedPublisher::SetStatus(const absl::Status& status) {
  bool changed = false;
  {
    absl::MutexLock lock(&mu_);
    changed = status.ok() != status_.ok() || MessageOf(status) != MessageOf(status_);
    status_ = status;
    changed = changed && !stopping_;
  }
  if (!changed) return;  // the same failure over and over is said once
  if (status.ok()) {
    LogInfo("broker available", {{"host", urls_[turn_].host}, {"port", std::to_string(urls_[turn_].port)}});
  } else {
    LogWarn("broker not available", {{"error", MessageOf(status)}});
  }
}

bool ConfirmedPublisher::stopping() const {
  absl::MutexLock lock(&mu_);
  return stopping_;
}

}  // namespace ordersaga::amqp

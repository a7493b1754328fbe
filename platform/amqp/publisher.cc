// The thread's life: take a connection to the URL whose turn it is (LiveOnce), serve it until it is of no more use,
// answer what was in flight by how it ended (OnEnded), and go on with the next. Serve's round: what callers have handed
// over, what may be sent of it, what the broker says, what has waited too long; then sleep until one of these can
// change.
#include "platform/amqp/publisher.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "platform/base/error.h"
#include "platform/base/fault_point.h"
#include "platform/runtime/log.h"
#include "platform/runtime/watchdog.h"

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
      inbox_(options_.max_unanswered, clock),
      stay_(options_.least_stay, options_.most_stay),
      status_(Down("not connected yet")) {}

ConfirmedPublisher::~ConfirmedPublisher() {
  Stop();
}

absl::Status ConfirmedPublisher::Start() {
  if (thread_.joinable()) return absl::OkStatus();
  if (!inbox_.usable()) return absl::InternalError("no eventfd for the publisher");
  auto urls = ParseUrls(options_.url);
  if (!urls.ok()) return urls.status();
  urls_ = *std::move(urls);
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void ConfirmedPublisher::Drain() {
  if (thread_.joinable()) inbox_.AwaitAnswers(options_.drain_limit);
}

void ConfirmedPublisher::Stop() {
  inbox_.RequestStop();
  if (thread_.joinable()) thread_.join();
  inbox_.Close();
  LoseWaiting();  // what came before Start, or between the thread's last look and now
}

void ConfirmedPublisher::Publish(Message message, Done done) {
  inbox_.Put(std::move(message), std::move(done));
}

absl::Status ConfirmedPublisher::status() const {
  absl::MutexLock lock(&mu_);
  return status_;
}

void ConfirmedPublisher::Run() {
  int failures = 0;  // in a row, without one confirm in between
  while (!inbox_.stop_requested()) {
    const absl::Status ended = LiveOnce();
    if (inbox_.stop_requested()) break;
    if (stay_.leaving()) {  // for another node; that is no reason to wait
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
  inbox_.Answer(&lost);
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
  inbox_.Answer(&settled);
}

absl::Status ConfirmedPublisher::LiveOnce() {
  settled_here_ = 0;
  stay_.Begin();
  blocked_ = false;
  auto connection = Connect();
  if (!connection.ok()) {
    SetStatus(connection.status());
    LoseWaiting();
    return connection.status();
  }
  SetStatus(absl::OkStatus());
  ++connects_;
  const absl::Status ended = Serve(**connection);
  NextUrl();
  if (ended.ok()) {  // stopping
    const WatchedCall watched((*connection)->socket(), options_.stall_limit);
    (*connection)->Close();
  }
  return ended;
}

absl::StatusOr<std::unique_ptr<Connection>> ConfirmedPublisher::Connect() {
  std::string failures;
  for (std::size_t i = 0; i < urls_.size() && !inbox_.stop_requested(); ++i, NextUrl()) {
    auto connection = ConnectTo(urls_[turn_]);
    if (connection.ok()) {
      if (!failures.empty()) LogWarn("broker passed over", {{"error", failures}});
      return connection;
    }
    if (!failures.empty()) failures += "; ";
    failures += MessageOf(connection.status());
    inbox_.TakeAll(&waiting_);  // answers what is over the bound; the rest waits for the next URL
  }
  return Down(failures);
}

absl::StatusOr<std::unique_ptr<Connection>> ConfirmedPublisher::ConnectTo(const Url& url) {
  auto connection = Connection::Open({.url = url,
                                      .name = options_.name,
                                      .ca_file = options_.ca_file,
                                      .connect_timeout = options_.connect_timeout,
                                      .heartbeat = options_.heartbeat});
  if (!connection.ok()) return connection;
  for (const std::string& exchange : options_.topic_exchanges) {
    if (auto status = (*connection)->DeclareTopicExchange(exchange); !status.ok()) return status;
  }
  return connection;
}

absl::Status ConfirmedPublisher::Serve(Connection& connection) {
  while (!inbox_.stop_requested()) {
    inbox_.TakeAll(&waiting_);
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
      const WatchedCall watched(connection.socket(), options_.stall_limit);
      status = connection.Publish(next.message, options_.mandatory);
    }
    // Even a failed one may have gone out: it is lost with the others.
    unconfirmed_.Add(std::move(next.message.message_id), clock_.Monotonic(), std::move(next.done));
    waiting_.pop_front();
  }
  connection.SetCork(false);
  inbox_.Answer(&unpublishable);
  FaultPoint("relay.published_not_confirmed");
  return status;
}

absl::Status ConfirmedPublisher::ReadNews(Connection& connection) {
  std::vector<BrokerNews> news;
  absl::Status status;
  {
    const WatchedCall watched(connection.socket(), options_.stall_limit);  // it may send a heartbeat
    status = connection.Read(&news);
  }
  ConfirmWindow::Settled settled;
  for (const BrokerNews& item : news) OnNews(item, &settled);
  const bool refused = std::any_of(settled.begin(), settled.end(),
                                   [](const auto& answer) { return answer.second == Outcome::kRefused; });
  if (refused && stay_.OnRefused(clock_.Monotonic())) {
    LogInfo("leaving a broker that refuses messages",
            {{"host", urls_[turn_].host}, {"port", std::to_string(urls_[turn_].port)}});
  }
  settled_here_ += settled.size();
  careful_ -= std::min(careful_, settled.size());
  inbox_.Answer(&settled);
  return status;
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
  inbox_.Answer(&late);
  if (unconfirmed_.empty() || now - unconfirmed_.oldest() <= options_.stall_limit) {
    return absl::OkStatus();
  }
  return Down(fmt::format("no confirm within {}", absl::FormatDuration(options_.stall_limit)));
}

void ConfirmedPublisher::LoseWaiting() {
  inbox_.TakeAll(&waiting_);
  ConfirmWindow::Settled lost;
  for (Waiting& waiting : waiting_) lost.emplace_back(std::move(waiting.done), Outcome::kLost);
  waiting_.clear();
  inbox_.Answer(&lost);
}

void ConfirmedPublisher::WaitForWork(const Connection& connection) {
  const absl::Duration now = clock_.Monotonic();
  absl::Duration until = now + options_.heartbeat / 3;  // Read() must be called to send heartbeats
  if (!unconfirmed_.empty()) until = std::min(until, unconfirmed_.oldest() + options_.stall_limit);
  if (!waiting_.empty()) until = std::min(until, waiting_.front().since + options_.stall_limit);
  if (stay_.leaving()) until = std::min(until, stay_.leave_by());
  inbox_.Sleep(connection.socket(), until - now);
}

void ConfirmedPublisher::WaitBeforeReconnect(absl::Duration delay) {
  const absl::Duration until = clock_.Monotonic() + delay;
  for (absl::Duration left = delay; left > absl::ZeroDuration() && !inbox_.stop_requested();
       left = until - clock_.Monotonic()) {
    inbox_.Sleep(/*socket=*/-1, left);
    inbox_.TakeAll(&waiting_);  // answers what is over the bound; the rest waits for the next attempt
  }
}

void ConfirmedPublisher::SetStatus(const absl::Status& status) {
  bool changed = false;
  {
    absl::MutexLock lock(&mu_);
    changed = status.ok() != status_.ok() || MessageOf(status) != MessageOf(status_);
    status_ = status;
  }
  if (!changed || inbox_.stop_requested()) return;  // the same failure over and over is said once
  if (status.ok()) {
    LogInfo("broker available", {{"host", urls_[turn_].host}, {"port", std::to_string(urls_[turn_].port)}});
  } else {
    LogWarn("broker not available", {{"error", MessageOf(status)}});
  }
}

}  // namespace ordersaga::amqp

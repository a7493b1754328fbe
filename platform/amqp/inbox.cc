#include "platform/amqp/inbox.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <utility>

namespace ordersaga::amqp {

Inbox::Inbox(std::size_t most, const Clock& clock)
    : most_(most), clock_(clock), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Inbox::~Inbox() {
  if (wake_fd_ >= 0) close(wake_fd_);
}

void Inbox::Put(Message message, Done done) {
  {
    absl::MutexLock lock(&mu_);
    if (!closed_) {
      const bool thread_knows = !incoming_.empty() || !refused_.empty();
      ++unanswered_;
      if (unanswered_ > most_) {
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

void Inbox::TakeAll(std::deque<Waiting>* waiting) {
  std::vector<Waiting> incoming;
  ConfirmWindow::Settled refused;
  {
    absl::MutexLock lock(&mu_);
    incoming.swap(incoming_);
    for (Done& done : refused_) refused.emplace_back(std::move(done), Outcome::kLost);
    refused_.clear();
  }
  std::move(incoming.begin(), incoming.end(), std::back_inserter(*waiting));
  Answer(&refused);
}

void Inbox::Answer(ConfirmWindow::Settled* settled) {
  if (settled->empty()) return;
  for (auto& [done, outcome] : *settled) done(outcome);
  absl::MutexLock lock(&mu_);
  unanswered_ -= settled->size();
  settled->clear();
}

void Inbox::AwaitAnswers(absl::Duration limit) {
  absl::MutexLock lock(&mu_);
  mu_.AwaitWithTimeout(absl::Condition(this, &Inbox::Idle), limit);
}

void Inbox::RequestStop() {
  {
    absl::MutexLock lock(&mu_);
    stop_requested_ = true;
  }
  Wake();
}

bool Inbox::stop_requested() const {
  absl::MutexLock lock(&mu_);
  return stop_requested_;
}

void Inbox::Close() {
  absl::MutexLock lock(&mu_);
  closed_ = true;
}

void Inbox::Sleep(int socket, absl::Duration timeout) {
  std::array<pollfd, 2> fds{pollfd{wake_fd_, POLLIN, 0}, pollfd{socket, POLLIN, 0}};
  // Rounded up, so that what was waited for is really over.
  const auto milliseconds = std::clamp<std::int64_t>(absl::ToInt64Milliseconds(timeout) + 1, 1, 60'000);
  if (poll(fds.data(), fds.size(), static_cast<int>(milliseconds)) <= 0) return;
  if (fds[0].revents != 0) {
    std::uint64_t count = 0;
    (void)!read(wake_fd_, &count, sizeof(count));
  }
}

void Inbox::Wake() {
  const std::uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof(one));
}

}  // namespace ordersaga::amqp

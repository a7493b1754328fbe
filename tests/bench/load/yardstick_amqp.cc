#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "platform/amqp/publisher.h"
#include "tests/bench/load/follower.h"
#include "tests/bench/load/yardsticks.h"

namespace ordersaga::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kWindow = 200;
constexpr int kHandedOver = 1000;

// Counts the messages that are out, and waits for them.
class Out {
 public:
  void Add() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(this, &Out::HasRoom));
    ++open_;
  }
  void Answered(amqp::Outcome outcome) {
    absl::MutexLock lock(&mu_);
    --open_;
    if (outcome == amqp::Outcome::kConfirmed) ++confirmed_;
  }
  std::int64_t AwaitAll() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(this, &Out::IsEmpty));
    return confirmed_;
  }

 private:
  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return open_ < kHandedOver; }
  bool IsEmpty() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return open_ == 0; }

  absl::Mutex mu_;
  int open_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t confirmed_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace

int MeasureAmqp(const std::string& broker, double seconds) {
  const auto url = amqp::ParseUrl(broker);
  if (!url.ok()) return 2;
  amqp::ConnectionOptions reading;
  reading.url = *url;
  reading.name = "bench-yardstick";
  Follower follower(reading, "bench-yardstick", {"bench"});
  if (!follower.Open().ok()) return 1;
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop && follower.Next([](auto, auto, auto) {}).ok()) {
    }
  });
  SystemClock clock;
  SystemRng rng;
  amqp::PublisherOptions options;
  options.url = broker;
  options.name = "bench-yardstick";
  options.topic_exchanges = {"bench"};
  options.window = kWindow;
  amqp::ConfirmedPublisher publisher(options, clock, rng);
  if (!publisher.Start().ok()) return 1;
  amqp::Message message;
  message.exchange = "bench";
  message.routing_key = "order.created";
  message.body.assign(300, 'x');
  Out out;
  const auto began = Clock::now();
  while (std::chrono::duration<double>(Clock::now() - began).count() < seconds) {
    out.Add();
    publisher.Publish(message, [&](amqp::Outcome outcome) { out.Answered(outcome); });
  }
  const std::int64_t confirmed = out.AwaitAll();
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  std::printf("{\"count\":%lld,\"per_s\":%.1f}\n", static_cast<long long>(confirmed),
              static_cast<double>(confirmed) / took);
  publisher.Stop();
  stop = true;
  reader.join();
  follower.Close();
  return confirmed > 0 ? 0 : 1;
}

}  // namespace ordersaga::bench

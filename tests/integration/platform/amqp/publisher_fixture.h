// A ConfirmedPublisher against a real broker (TEST_RABBITMQ_URL), reached through a gate that can break.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "platform/amqp/publisher.h"
#include "tests/integration/platform/amqp/subscriber.h"
#include "tests/integration/platform/amqp/tcp_gate.h"

namespace ordersaga::amqp {

// Collects answers; thread-safe.
class Answers {
 public:
  Done Next() {
    return [this](Outcome outcome) {
      absl::MutexLock lock(&mu_);
      outcomes_.push_back(outcome);
    };
  }

  // Waits for `count` answers; takes and returns all there are.
  std::vector<Outcome> Take(std::size_t count) {
    const auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return outcomes_.size() >= count; };
    absl::MutexLock lock(&mu_);
    mu_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30));
    return std::exchange(outcomes_, {});
  }

 private:
  absl::Mutex mu_;
  std::vector<Outcome> outcomes_ ABSL_GUARDED_BY(mu_);
};

inline Url BrokerUrl() {
  const char* text = std::getenv("TEST_RABBITMQ_URL");  // NOLINT(concurrency-mt-unsafe)
  if (text == nullptr) throw std::runtime_error("TEST_RABBITMQ_URL is not set; use tests/run");
  auto url = ParseUrl(text);
  if (!url.ok()) throw std::runtime_error("TEST_RABBITMQ_URL cannot be read");
  return *url;
}

class PublisherTest : public ::testing::Test {
 protected:
  PublisherTest() : broker_(BrokerUrl()), gate_(broker_.host, broker_.port), subscriber_(broker_) {}

  ~PublisherTest() override { subscriber_.DeleteExchange(exchange_); }

  std::string UrlAt(int port) const {
    return fmt::format("amqp://{}:{}@127.0.0.1:{}/{}", broker_.user, broker_.password, port,
                       broker_.vhost == "/" ? "%2F" : broker_.vhost);
  }

  PublisherOptions Options() const {
    return {.url = UrlAt(gate_.port()),
            .topic_exchanges = {exchange_},
            .stall_limit = absl::Seconds(10),
            .reconnect = {.initial = absl::Milliseconds(20), .cap = absl::Milliseconds(200)}};
  }

  Message MessageNumber(int number) const {
    Message message;
    message.exchange = exchange_;
    message.routing_key = "order.created";
    message.body = fmt::format("{{\"number\":{}}}", number);
    message.message_id = fmt::format("m-{}", number);
    return message;
  }

  void PublishSome(ConfirmedPublisher& publisher, int count) {
    for (int i = 0; i < count; ++i) publisher.Publish(MessageNumber(i), answers_.Next());
  }

  // Publishes one message until the broker has it, as the relay would. Returns how often it was
  // lost.
  int PublishUntilConfirmed(ConfirmedPublisher& publisher) {
    for (int lost = 0; lost < 100; ++lost) {
      publisher.Publish(MessageNumber(0), answers_.Next());
      if (answers_.Take(1) == std::vector{Outcome::kConfirmed}) return lost;
    }
    ADD_FAILURE() << "never confirmed";
    return 100;
  }

  const SystemClock clock_;
  SystemRng rng_;
  const Url broker_;
  TcpGate gate_;
  Subscriber subscriber_;
  const std::string exchange_ = fmt::format("test-{:016x}", rng_.Next());
  Answers answers_;
};

}  // namespace ordersaga::amqp

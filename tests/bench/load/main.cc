// bench-load: places orders at a fixed rate and follows each by its events, as a subscriber bound to everything. Prints
// one JSON object. Latency counts from the moment a request was to be sent. See --help.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <thread>

#include "platform/amqp/subscription.h"
#include "tests/bench/load/customers.h"

namespace {

using namespace ordersaga;         // NOLINT(google-build-using-namespace): main only
using namespace ordersaga::bench;  // NOLINT(google-build-using-namespace)

// Until told to stop. A lost connection is an error: its queue is gone with it.
absl::Status Follow(amqp::Subscription& subscription, const std::atomic<bool>& stop, Record& record,
                    Customers& customers) {
  while (!stop) {
    const auto delivery = subscription.Next(absl::Milliseconds(100));
    if (!delivery.ok()) return delivery.status();
    if (!delivery->has_value()) continue;
    const amqp::Delivery& event = **delivery;
    if (record.Event(event.correlation_id, event.routing_key, event.sequence.value_or(0))) customers.OrderEnded();
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  std::string broker = "amqp://admin:admin@127.0.0.1:5672/";
  double drain = 60;
  CLI::App app("Places orders at a fixed rate and follows each to its end.", "bench-load");
  app.add_option("--port", plan.port, "of the gateway on 127.0.0.1")->required();
  app.add_option("--broker", broker, "RabbitMQ")->required();
  app.add_option("--mix", plan.mix)->check(CLI::IsMember({"even", "hot", "failures", "seedmix"}));
  app.add_option("--rate", plan.rate, "orders a second")->check(CLI::PositiveNumber);
  app.add_option("--seconds", plan.seconds)->check(CLI::PositiveNumber);
  app.add_option("--connections", plan.connections)->check(CLI::Range(1, 5000));
  app.add_option("--drain", drain, "seconds to wait for the last orders to end");
  app.add_flag("--serial", plan.serial, "one order after the other; --rate only bounds how many");
  CLI11_PARSE(app, argc, argv);

  const auto url = amqp::ParseUrl(broker);
  if (!url.ok()) return std::fprintf(stderr, "bench-load: that is no broker\n"), 2;
  amqp::ConnectionOptions options;
  options.url = *url;
  options.name = "bench-load";
  auto subscription = amqp::Subscription::Open(options, {"orders", "payments", "inventory"}, "#");
  if (!subscription.ok()) return std::fprintf(stderr, "bench-load: the broker does not answer\n"), 1;

  Record record;
  boost::asio::io_context context(1);
  Customers customers(plan, context, record);
  std::atomic<bool> stop{false};
  absl::Status followed;
  std::thread follower([&] { followed = Follow(**subscription, stop, record, customers); });
  const Moment began = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  customers.Run(began);
  boost::asio::io_context waiting(1);
  const Moment patience = std::chrono::steady_clock::now() +
                          std::chrono::duration_cast<Moment::duration>(std::chrono::duration<double>(drain));
  while (!record.AllEnded() && std::chrono::steady_clock::now() < patience) {
    boost::asio::steady_timer timer(waiting, std::chrono::milliseconds(10));
    timer.wait();
  }
  stop = true;
  follower.join();
  std::printf("%s\n", record.ToJson(plan.rate, began, customers.last_intended()).c_str());
  if (!followed.ok()) std::fprintf(stderr, "bench-load: the subscription broke: events are missing\n");
  return followed.ok() ? 0 : 1;
}

// bench-load: places orders at a fixed rate and follows each by its events, as a subscriber bound to everything. Prints
// one JSON object. Latency counts from the moment a request was to be sent. See --help.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <thread>

#include "tests/bench/load/customers.h"
#include "tests/bench/load/follower.h"

namespace {

using namespace ordersaga;         // NOLINT(google-build-using-namespace): main only
using namespace ordersaga::bench;  // NOLINT(google-build-using-namespace)

void Await(std::chrono::steady_clock::duration duration) {
  boost::asio::io_context context(1);
  boost::asio::steady_timer timer(context, duration);
  timer.wait();
}

// Until told to stop. A lost broker is come back to, as often as it takes.
void Follow(Follower& follower, const std::atomic<bool>& stop, Record& record, Customers& customers) {
  const auto on_event = [&](std::string_view order_id, std::string_view routing_key, std::int64_t sequence) {
    if (record.Event(order_id, routing_key, sequence)) customers.OrderEnded();
  };
  absl::Status status;
  while (!stop) {
    status = status.ok() ? follower.Next(on_event) : follower.Open();
    if (!status.ok()) Await(std::chrono::milliseconds(100));
  }
  if (status.ok()) follower.Close();
}

Moment Later(Moment moment, double seconds) {
  return moment + std::chrono::duration_cast<Moment::duration>(std::chrono::duration<double>(seconds));
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
  app.add_option("--item", plan.item, "that all orders of the mix hot are for");
  app.add_option("--rate", plan.rate, "orders a second")->check(CLI::PositiveNumber);
  app.add_option("--warm", plan.warm, "seconds of the same before those that are measured");
  app.add_option("--seconds", plan.seconds)->check(CLI::PositiveNumber);
  app.add_option("--after-rate", plan.after_rate, "to go on with afterwards, not measured");
  app.add_option("--after-seconds", plan.after_seconds);
  app.add_option("--connections", plan.connections)->check(CLI::Range(1, 5000));
  app.add_option("--authority", plan.authority, "HTTPS and amqps, by a certificate of this authority's");
  app.add_option("--key", plan.key, "an API key");
  app.add_option("--drain", drain, "seconds to wait for the last orders to end");
  app.add_flag("--serial", plan.serial, "one order after the other, with Prefer: wait; --rate only bounds how many");
  CLI11_PARSE(app, argc, argv);

  const auto url = amqp::ParseUrl(broker);
  if (!url.ok()) return std::fprintf(stderr, "bench-load: that is no broker\n"), 2;
  amqp::ConnectionOptions options;
  options.url = *url;
  options.name = "bench-load";
  options.ca_file = plan.authority;
  Follower follower(options, "bench-load", {"orders", "payments", "inventory"});
  if (!follower.Open().ok()) return std::fprintf(stderr, "bench-load: the broker does not answer\n"), 1;

  Record record;
  boost::asio::io_context context(1);
  Customers customers(plan, context, record);
  std::atomic<bool> stop{false};
  std::thread following([&] { Follow(follower, stop, record, customers); });
  const Moment began = Later(std::chrono::steady_clock::now(), 0.1);
  customers.Run(began);
  const Moment patience = Later(std::chrono::steady_clock::now(), drain);
  while (!record.AllEnded() && std::chrono::steady_clock::now() < patience) Await(std::chrono::milliseconds(10));
  stop = true;
  following.join();
  const Moment until = std::min(customers.last_intended(), Later(began, plan.warm + plan.seconds));
  std::printf("%s\n", record.ToJson(plan.rate, began, Later(began, plan.warm), until).c_str());
  return 0;
}

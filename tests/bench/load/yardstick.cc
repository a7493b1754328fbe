// bench-yardstick rpc | amqp URL [SECONDS]: what the machine does with the bare libraries, for the ratios of a bench
// run.
//   rpc   unary calls a second on one connection, 128 in flight and one in flight, callback API on both sides
//   amqp  persistent messages a second to a topic exchange with one bound reader, each confirmed, 200 unconfirmed
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "grpc/health/v1/health.grpc.pb.h"
#include "platform/amqp/publisher.h"
#include "platform/amqp/subscription.h"

namespace {

using namespace ordersaga;  // NOLINT(google-build-using-namespace): main only
using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;
using Clock = std::chrono::steady_clock;

class Echo final : public Health::CallbackService {
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context, const HealthCheckRequest* /*request*/,
                                  HealthCheckResponse* response) override {
    response->set_status(HealthCheckResponse::SERVING);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// Each answer sends the next call, until the time is over.
class Callers {
 public:
  Callers(Health::Stub& stub, int in_flight, double seconds)
      : stub_(stub),
        until_(Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds))) {
    {
      absl::MutexLock lock(&mu_);
      running_ = in_flight;
    }
    for (int i = 0; i < in_flight; ++i) Call();
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(this, &Callers::Ended));
  }
  std::int64_t answered() const { return answered_; }

 private:
  struct OneCall {
    grpc::ClientContext context;
    HealthCheckRequest request;
    HealthCheckResponse response;
  };

  void Call() {
    auto call = std::make_shared<OneCall>();
    call->request.set_service(std::string(100, 'x'));
    stub_.async()->Check(&call->context, &call->request, &call->response, [this, call](const grpc::Status& status) {
      if (status.ok()) ++answered_;
      if (Clock::now() < until_) return Call();
      absl::MutexLock lock(&mu_);
      --running_;
    });
  }
  bool Ended() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return running_ == 0; }

  Health::Stub& stub_;
  const Clock::time_point until_;
  std::atomic<std::int64_t> answered_{0};
  absl::Mutex mu_;
  int running_ ABSL_GUARDED_BY(mu_) = 0;
};

int MeasureRpc(double seconds) {
  Echo echo;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&echo);
  const auto server = builder.BuildAndStart();
  const auto stub =
      Health::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  (void)Callers(*stub, 16, 0.2).answered();  // warm
  const auto many = static_cast<double>(Callers(*stub, 128, seconds).answered()) / seconds;
  const auto one = static_cast<double>(Callers(*stub, 1, seconds).answered()) / seconds;
  std::printf("{\"rpc_per_s\":%.0f,\"rpc_ms\":%.3f}\n", many, 1000 / one);
  server->Shutdown();
  return one > 0 ? 0 : 1;
}

int MeasureAmqp(const std::string& broker, double seconds) {
  const auto url = amqp::ParseUrl(broker);
  if (!url.ok()) return 2;
  amqp::ConnectionOptions reading;
  reading.url = *url;
  reading.name = "bench-yardstick";
  auto subscription = amqp::Subscription::Open(reading, {"bench"}, "#");
  if (!subscription.ok()) return 1;
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop && (*subscription)->Next(absl::Milliseconds(100)).ok()) {
    }
  });
  SystemClock clock;
  SystemRng rng;
  amqp::PublisherOptions options;
  options.url = broker;
  options.name = "bench-yardstick";
  options.topic_exchanges = {"bench"};
  options.window = 200;
  amqp::ConfirmedPublisher publisher(options, clock, rng);
  if (!publisher.Start().ok()) return 1;
  absl::Mutex mu;
  int open = 0;
  std::int64_t confirmed = 0;
  const auto room = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return open < 1000; };
  const auto none = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return open == 0; };
  amqp::Message message;
  message.exchange = "bench";
  message.routing_key = "order.created";
  message.body.assign(300, 'x');
  const auto began = Clock::now();
  while (std::chrono::duration<double>(Clock::now() - began).count() < seconds) {
    {
      absl::MutexLock lock(&mu);
      mu.Await(absl::Condition(&room));
      ++open;
    }
    publisher.Publish(message, [&](amqp::Outcome outcome) {
      absl::MutexLock lock(&mu);
      --open;
      if (outcome == amqp::Outcome::kConfirmed) ++confirmed;
    });
  }
  {
    absl::MutexLock lock(&mu);
    mu.Await(absl::Condition(&none));
  }
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  std::printf("{\"amqp_per_s\":%.0f}\n", static_cast<double>(confirmed) / took);
  publisher.Stop();
  stop = true;
  reader.join();
  return confirmed > 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "rpc") return MeasureRpc(argc > 2 ? std::atof(argv[2]) : 3);
  if (what == "amqp" && argc > 2) return MeasureAmqp(argv[2], argc > 3 ? std::atof(argv[3]) : 3);
  std::fprintf(stderr, "bench-yardstick rpc [SECONDS] | amqp URL [SECONDS]\n");
  return 2;
}

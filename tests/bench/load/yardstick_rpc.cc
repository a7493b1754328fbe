#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <cstdio>

#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/bench/load/yardsticks.h"

namespace ordersaga::bench {
namespace {

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

}  // namespace

int MeasureRpc(int in_flight, double seconds) {
  Echo echo;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&echo);
  const auto server = builder.BuildAndStart();
  const auto stub =
      Health::NewStub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  const auto answered = Callers(*stub, in_flight, seconds).answered();
  std::printf("{\"count\":%lld,\"per_s\":%.1f}\n", static_cast<long long>(answered),
              static_cast<double>(answered) / seconds);
  server->Shutdown();
  return answered > 0 ? 0 : 1;
}

}  // namespace ordersaga::bench

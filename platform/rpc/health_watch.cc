// One stream after the other, a pause between them: while there is no connection a stream ends as soon as that is
// known.
//
// A process that says it does not serve is left and asked again after the pause: it may be about to stop, and its
// server waits for streams that are open.
#include "platform/rpc/health_watch.h"

#include <utility>

namespace ordersaga::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr std::int64_t kPauseMs = 250;

}  // namespace

// Deletes itself when gRPC is done with it.
class HealthWatch::Stream final : public grpc::ClientReadReactor<HealthCheckResponse> {
 public:
  Stream(HealthWatch& owner, std::shared_ptr<grpc::ClientContext> context)
      : owner_(owner), context_(std::move(context)) {}

  void Start() {
    owner_.stub_->async()->Watch(context_.get(), &request_, this);
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    const bool serves = response_.status() == HealthCheckResponse::SERVING;
    owner_.Set(serves ? Health::kWell : Health::kUnable);
    if (serves) return StartRead(&response_);
    unable_ = true;
    context_->TryCancel();
  }

  void OnDone(const grpc::Status& status) override {
    HealthWatch& owner = owner_;
    const grpc::Status end = unable_ ? grpc::Status::OK : status;
    delete this;
    owner.OnEnd(end);
  }

 private:
  HealthWatch& owner_;
  const std::shared_ptr<grpc::ClientContext> context_;
  const HealthCheckRequest request_;
  HealthCheckResponse response_;
  bool unable_ = false;
};

HealthWatch::HealthWatch(const std::shared_ptr<grpc::Channel>& channel, std::function<void()> changed)
    : stub_(grpc::health::v1::Health::NewStub(channel)), changed_(std::move(changed)) {
  Begin();
}

HealthWatch::~HealthWatch() {
  std::shared_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::Alarm> alarm;
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    context = context_;
    alarm = std::move(alarm_);
  }
  if (context != nullptr) context->TryCancel();
  context.reset();
  alarm.reset();  // which cancels it
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(this, &HealthWatch::Done));
}

void HealthWatch::Begin() {
  auto context = std::make_shared<grpc::ClientContext>();
  {
    absl::MutexLock lock(&mu_);
    if (stopping_) {
      running_ = false;
      return;
    }
    context_ = context;
  }
  (new Stream(*this, std::move(context)))->Start();
}

void HealthWatch::Set(Health health) {
  if (health_.exchange(health) != health) changed_();
}

void HealthWatch::OnEnd(const grpc::Status& status) {
  if (!status.ok()) Set(status.error_code() == grpc::StatusCode::UNIMPLEMENTED ? Health::kWell : Health::kAway);
  absl::MutexLock lock(&mu_);
  context_ = nullptr;
  if (stopping_) {
    running_ = false;
    return;
  }
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(gpr_time_from_millis(kPauseMs, GPR_TIMESPAN), [this](bool /*in_time*/) { Begin(); });
}

}  // namespace ordersaga::rpc

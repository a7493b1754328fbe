#include "platform/rpc/call_group.h"

namespace ordersaga::rpc {

void CallGroup::Stop() {
  std::vector<Context> running;
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
    running.assign(running_.begin(), running_.end());
  }
  for (const Context& context : running) context->TryCancel();
  running.clear();
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(this, &CallGroup::Idle));
}

CallGroup::Context CallGroup::Begin(absl::Duration timeout, const Metadata& metadata) {
  auto context = std::make_shared<grpc::ClientContext>();
  // As a span of time, so that no clock of ours is asked.
  context->set_deadline(gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN));
  for (const auto& [name, value] : metadata) context->AddMetadata(name, value);
  absl::MutexLock lock(&mu_);
  running_.insert(context);
  ++unfinished_;
  if (stopped_) context->TryCancel();
  return context;
}

void CallGroup::Forget(Context* context) {
  {
    absl::MutexLock lock(&mu_);
    running_.erase(*context);
  }
  context->reset();
}

void CallGroup::End() {
  absl::MutexLock lock(&mu_);
  --unfinished_;
}

}  // namespace ordersaga::rpc

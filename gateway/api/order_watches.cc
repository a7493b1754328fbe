// A watch is one call of gRPC after another: each begins behind the last entry that has been told, and goes to another
// replica than the one that broke off, after a pause that grows with the failures in a row. `told_` decides whether it
// goes on: it is null once nobody listens. Await is a watch that ends at the first of: the order's end, the time, the
// client's leaving, a drain. The destructor cancels what runs and waits until gRPC has let go of every call.
#include "gateway/api/order_watches.h"

#include <atomic>
#include <vector>

namespace ordersaga::gateway {

using Message = OrderWatches::Message;
using OrderService = OrderWatches::OrderService;

class OrderWatch : public std::enable_shared_from_this<OrderWatch> {
 public:
  OrderWatch(OrderWatches& owner, std::string order_id, std::int64_t after, rpc::Metadata metadata,
             OrderWatches::Told told)
      : owner_(owner), order_id_(std::move(order_id)), metadata_(std::move(metadata)), after_(after) {
    absl::MutexLock lock(&mu_);
    told_ = std::make_shared<OrderWatches::Told>(std::move(told));
  }

  void Begin();
  void Cancel();

 private:
  class Call;

  // What `told` says; false once the watch is over.
  bool Tell(const absl::StatusOr<Message>& news);
  bool OnMessage(const Message& message);
  void OnEnd(absl::Status status);

  OrderWatches& owner_;
  const std::string order_id_;
  const rpc::Metadata metadata_;
  std::int64_t after_;            // by one call after the other
  int failures_ = 0;              // in a row; likewise
  std::vector<rpc::Asked> left_;  // the replica whose call has ended, if any; likewise
  absl::Mutex mu_;
  std::shared_ptr<OrderWatches::Told> told_ ABSL_GUARDED_BY(mu_);  // null: over
  std::shared_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mu_);
};

// One call of gRPC; deletes itself when gRPC is done with it.
class OrderWatch::Call final : public grpc::ClientReadReactor<Message> {
 public:
  Call(std::shared_ptr<OrderWatch> watch, std::shared_ptr<OrderService::Stub> stub,
       std::shared_ptr<grpc::ClientContext> context)
      : watch_(std::move(watch)), stub_(std::move(stub)), context_(std::move(context)) {}

  void Start() {
    request_.set_order_id(watch_->order_id_);
    request_.set_after_sequence(watch_->after_);
    stub_->async()->WatchOrder(context_.get(), &request_, this);
    StartRead(&message_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (watch_->OnMessage(message_)) return StartRead(&message_);
    context_->TryCancel();
  }

  void OnDone(const grpc::Status& status) override {
    OrderWatches& owner = watch_->owner_;
    {
      absl::MutexLock lock(&owner.mu_);
      owner.running_.erase(context_);
    }
    {
      absl::MutexLock lock(&watch_->mu_);
      watch_->context_ = nullptr;
    }
    watch_->OnEnd(rpc::FromGrpc(status));
    delete this;  // and with it the last hold on the channel, before the owner may go
    absl::MutexLock lock(&owner.mu_);
    --owner.calls_;
  }

 private:
  const std::shared_ptr<OrderWatch> watch_;
  const std::shared_ptr<OrderService::Stub> stub_;
  const std::shared_ptr<grpc::ClientContext> context_;
  order::v1::WatchOrderRequest request_;
  Message message_;
};

void OrderWatch::Begin() {
  auto context = std::make_shared<grpc::ClientContext>();
  for (const auto& [name, value] : metadata_) context->AddMetadata(name, value);
  {
    absl::MutexLock lock(&mu_);
    if (told_ == nullptr) return;
    context_ = context;
  }
  {
    absl::MutexLock lock(&owner_.mu_);
    if (owner_.closing_) return;
    owner_.running_.insert(context);
    ++owner_.calls_;
  }
  const std::shared_ptr<rpc::Replica> replica = owner_.orders_.replicas().Pick(left_).replica;
  left_ = {{replica.get(), true}};
  (new Call(shared_from_this(), rpc::StubOf<OrderService>(replica), std::move(context)))->Start();
}

void OrderWatch::Cancel() {
  std::shared_ptr<grpc::ClientContext> context;
  {
    absl::MutexLock lock(&mu_);
    told_ = nullptr;
    context = context_;
  }
  if (context != nullptr) context->TryCancel();
}

bool OrderWatch::Tell(const absl::StatusOr<Message>& news) {
  std::shared_ptr<OrderWatches::Told> told;
  {
    absl::MutexLock lock(&mu_);
    told = told_;
  }
  if (told == nullptr) return false;
  if ((*told)(news)) return true;
  absl::MutexLock lock(&mu_);
  told_ = nullptr;
  return false;
}

bool OrderWatch::OnMessage(const Message& message) {
  failures_ = 0;
  if (message.journal_size() > 0) after_ = message.journal().rbegin()->sequence();
  return Tell(message);
}

void OrderWatch::OnEnd(absl::Status status) {
  if (status.ok()) status = absl::UnavailableError("the order service ended the watch before the order ended");
  if (!Tell(status)) return;
  const BackendTools& tools = owner_.orders_.tools();
  tools.timers.After(kBackoff.Delay(++failures_, tools.rng.Fraction()), [self = shared_from_this()] { self->Begin(); });
}

OrderWatches::~OrderWatches() {
  std::set<std::shared_ptr<grpc::ClientContext>> running;
  {
    absl::MutexLock lock(&mu_);
    closing_ = true;
    running = running_;
  }
  for (const auto& context : running) context->TryCancel();
  running.clear();
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(this, &OrderWatches::Idle));
}

std::shared_ptr<OrderWatch> OrderWatches::Watch(const std::string& order_id, std::int64_t after, rpc::Metadata metadata,
                                                Told told) {
  const auto watch = std::make_shared<OrderWatch>(*this, order_id, after, std::move(metadata), std::move(told));
  watch->Begin();
  return watch;
}

void OrderWatches::Cancel(const std::shared_ptr<OrderWatch>& watch) {
  watch->Cancel();
}

namespace {

// One Await: whatever comes first ends it.
struct Awaited {
  std::function<void(std::optional<order::v1::Order>)> done;
  std::atomic<bool> over{false};
};

}  // namespace

void OrderWatches::Await(const std::string& order_id, absl::Duration wait, const http::Request& client,
                         rpc::Metadata metadata, std::function<void(std::optional<order::v1::Order>)> done) {
  const auto state = std::make_shared<Awaited>();
  state->done = std::move(done);
  std::int64_t number = 0;
  const auto finish = [this, state](std::int64_t id, std::optional<order::v1::Order> order) {
    if (state->over.exchange(true)) return;
    {
      absl::MutexLock lock(&mu_);
      awaits_.erase(id);
    }
    std::exchange(state->done, nullptr)(std::move(order));  // the timer keeps the state, not what `done` holds
  };
  {
    absl::MutexLock lock(&mu_);
    number = ++numbers_;
    if (!draining_) awaits_.emplace(number, [finish, number] { finish(number, std::nullopt); });
    if (draining_) wait = absl::ZeroDuration();
  }
  if (wait == absl::ZeroDuration()) return finish(number, std::nullopt);
  const auto watch =
      Watch(order_id, 0, std::move(metadata), [state, finish, number](const absl::StatusOr<Message>& news) {
        if (news.ok() && news->has_order()) finish(number, news->order());
        if (!news.ok() && news.status().code() != absl::StatusCode::kUnavailable) finish(number, std::nullopt);
        return !state->over;
      });
  const auto give_up = [finish, number, watch] {
    finish(number, std::nullopt);
    Cancel(watch);
  };
  client.OnGone(give_up);
  orders_.tools().timers.After(wait, give_up);
}

void OrderWatches::Drain() {
  std::map<std::int64_t, std::function<void()>> awaits;
  {
    absl::MutexLock lock(&mu_);
    draining_ = true;
    awaits = awaits_;
  }
  for (const auto& [number, end] : awaits) end();
}

}  // namespace ordersaga::gateway

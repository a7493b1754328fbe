// What happens to orders, as it happens: calls of WatchOrder that are begun again wherever they break off, so that a
// restart behind us is only a pause. Any number at once; none holds a thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "gateway/api/backend.h"
#include "ordersaga/order/v1/order.grpc.pb.h"
#include "platform/http/message.h"

namespace ordersaga::gateway {

class OrderWatch;

// Thread-safe.
class OrderWatches final : public Service {
 public:
  using Message = order::v1::WatchOrderResponse;
  // A message, the first one at once; the last has the order. Or what went wrong. True: go on; after an error that
  // means, try again from the last sequence told. One at a time; on gRPC's or the timer's threads.
  using Told = std::function<bool(const absl::StatusOr<Message>&)>;
  using OrderService = order::v1::OrderService;

  explicit OrderWatches(Backend<OrderService>& orders) : orders_(orders) {}
  ~OrderWatches() override;

  // `told` is not called any more once it has returned false, or (but for a call under way) after Cancel.
  std::shared_ptr<OrderWatch> Watch(const std::string& order_id, std::int64_t after, rpc::Metadata metadata, Told told);
  static void Cancel(const std::shared_ptr<OrderWatch>& watch);

  // The order once it has ended; nullopt if it has not after `wait`, or when the process drains, or `client` goes.
  // Once, on any thread.
  void Await(const std::string& order_id, absl::Duration wait, const http::Request& client, rpc::Metadata metadata,
             std::function<void(std::optional<order::v1::Order>)> done);

  absl::Status Start() override { return absl::OkStatus(); }
  // Ends every Await.
  void Drain() override;
  void Stop() override {}

 private:
  friend class OrderWatch;
  bool Idle() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return calls_ == 0; }

  Backend<OrderService>& orders_;
  absl::Mutex mu_;
  std::set<std::shared_ptr<grpc::ClientContext>> running_ ABSL_GUARDED_BY(mu_);
  int calls_ ABSL_GUARDED_BY(mu_) = 0;  // of gRPC, not yet done with
  std::int64_t numbers_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::int64_t, std::function<void()>> awaits_ ABSL_GUARDED_BY(mu_);  // each ends one
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  bool closing_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace ordersaga::gateway

// A turn of payment. A charge takes two: one that stores the key IN_PROGRESS, and, when the provider has answered, one
// that stores the outcome together with its transfer. A refund likewise (REVERSING, then REVERSED).
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "platform/participant/effect_store.h"
#include "services/payment/domain/provider.h"

namespace ordersaga::payment {

struct BeginCharge {
  participant::ActionRequest request;
  ChargeOrder order;
};
struct FinishCharge {
  ChargeResult result;
};
struct BeginRefund {
  participant::CompensationRequest request;
};
struct FinishRefund {
  RefundResult result;
};
// A key that was unsettled when the process started.
struct Resume {};

struct Outcome {
  absl::Status status;  // an error is neither yes nor no
  bool applied = false;
  std::string reason;
  std::string message;
  std::string id;  // of the charge or the refund
  bool money_moved = false;
  Money refunded;
};

// What has to be done after the commit.
enum class Next { kAnswer, kCallCharge, kCallRefund, kAnswerAndCallRefund };

struct Item {
  std::string action_key;
  absl::Time deadline;
  std::variant<BeginCharge, FinishCharge, BeginRefund, FinishRefund, Resume> ask;
  std::function<void(const Outcome&)> done;  // may be empty

  Outcome outcome;
  Next next = Next::kAnswer;
  ChargeOrder order;  // for the provider
  std::string order_id;
};

class PaymentTurn {
 public:
  // `calling(key)`: this process has a provider call for the key under way. Called on the loop's thread.
  explicit PaymentTurn(std::function<bool(const std::string&)> calling);
  absl::Status Handle(pg::Tx& tx, std::vector<Item>& items) const;

 private:
  struct Work;
  void Decide(const BeginCharge& ask, Work& work, Item& item) const;
  void Decide(const FinishCharge& ask, Work& work, Item& item) const;
  void Decide(const BeginRefund& ask, Work& work, Item& item) const;
  void Decide(const FinishRefund& ask, Work& work, Item& item) const;
  void Decide(const Resume& ask, Work& work, Item& item) const;

  const std::function<bool(const std::string&)> calling_;
  const participant::EffectStore effects_;
  const std::string insert_transfers_;
};

// The stored form of what a charge was asked for, and back. Rows are kept for ever: never change it.
std::string EncodeOrder(const ChargeOrder& order);
ChargeOrder DecodeOrder(const participant::EffectRecord& record);

// How a stored charge answers a repeat of its request.
Outcome AnswerOf(const participant::EffectRecord& record);

}  // namespace ordersaga::payment

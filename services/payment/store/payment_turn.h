// A turn of payment. A charge takes two: one that stores the key IN_PROGRESS, and, when the provider has answered, one
// that stores the outcome together with its transfer. A compensation likewise (REVERSING, then REVERSED), and a partial
// refund too. All of them lock the charge's row: whatever concerns one charge happens one after the other.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "services/payment/domain/provider.h"
#include "services/payment/store/ledger.h"

namespace ordersaga::payment {

struct BeginCharge {
  participant::ActionRequest request;
  ChargeOrder order;
};
struct FinishCharge {
  participant::ProviderReply reply;
};
struct BeginRefund {
  participant::CompensationRequest request;
};
struct FinishRefund {
  participant::ProviderReply reply;
};
struct BeginPart {
  PartialRefund refund;
};
struct FinishPartOf {
  std::string refund_key;
  participant::ProviderReply reply;
};
// What was unsettled when the process started.
struct Resume {};
struct ResumePart {
  std::string refund_key;
};

struct Outcome {
  absl::Status status;               // an error is neither yes nor no
  participant::ActionAnswer action;  // of a charge or a partial refund
  bool money_moved = false;          // of a compensation
  Money refunded;
  std::string refund_id;
};

// The provider is to be asked after the commit.
enum class Ask { kNothing, kCharge, kRefund, kPart };

struct Item {
  std::string action_key;  // of the charge, whatever is asked
  absl::Time deadline;
  std::variant<BeginCharge, FinishCharge, BeginRefund, FinishRefund, BeginPart, FinishPartOf, Resume, ResumePart> ask;
  std::function<void(const Outcome&)> done;  // may be empty

  // What came of it.
  Outcome outcome;
  bool answered = true;      // the outcome is the answer; otherwise the provider's is awaited
  Ask next = Ask::kNothing;  // after the commit
  std::string order_id;
  ChargeOrder order;   // for the provider
  PartialRefund part;  // for the provider
};

class PaymentTurn {
 public:
  // `calling(key)`: this process has a provider call for the charge under way. Called on the loop's thread.
  explicit PaymentTurn(std::function<bool(const std::string&)> calling) : calling_(std::move(calling)) {}
  absl::Status Handle(pg::Tx& tx, std::vector<Item>& items, DatabaseClock& clock) const;

 private:
  struct Work;
  void Decide(const BeginCharge& ask, Work& work, Item& item) const;
  void Decide(const FinishCharge& ask, Work& work, Item& item) const;
  void Decide(const BeginRefund& ask, Work& work, Item& item) const;
  void Decide(const FinishRefund& ask, Work& work, Item& item) const;
  void Decide(const BeginPart& ask, Work& work, Item& item) const;
  void Decide(const FinishPartOf& ask, Work& work, Item& item) const;
  void Decide(const Resume& ask, Work& work, Item& item) const;
  void Decide(const ResumePart& ask, Work& work, Item& item) const;

  void LoadMoney(pg::Tx& tx, const std::vector<Item>& items, Work& work) const;
  absl::Status Write(pg::Tx& tx, const Work& work) const;

  const std::function<bool(const std::string&)> calling_;
  const participant::EffectStore effects_;
  const Ledger ledger_;
};

// The stored form of what a charge was asked for, and back. Rows are kept for ever: never change it.
std::string EncodeOrder(const ChargeOrder& order);
ChargeOrder DecodeOrder(const participant::EffectRecord& record);

}  // namespace ordersaga::payment

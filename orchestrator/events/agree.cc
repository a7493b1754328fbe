// A body is one flat JSON object, written by encode.cc. It is cut into its members in one walk, and their values are
// compared as text: a value that was written once is written the same way again. An audit does this for every event;
// parsing and converting would cost several times as much.
#include "orchestrator/events/agree.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "orchestrator/events/encode.h"
#include "orchestrator/events/flat_json.h"
#include "platform/base/money.h"
#include "platform/base/text.h"

namespace ordersaga::orchestrator {
namespace {

std::string Quoted(std::string_view text) {
  std::string json;
  AppendJsonString(text, &json);
  return json;
}

// The end of the text that begins with a quote at `at`: behind its last quote.
std::size_t EndOfText(std::string_view json, std::size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

// The end of the value at `at`: the comma or brace behind it.
std::size_t EndOfValue(std::string_view json, std::size_t at) {
  int depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (depth == 0 && (c == ',' || c == '}')) break;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    at = c == '"' ? EndOfText(json, at) : at + 1;
  }
  return at;
}

// The members of a flat object. More than fit, or no object: whatever is asked of it is not as expected.
class Members {
 public:
  explicit Members(std::string_view json) {
    std::size_t at = 1;
    while (json.starts_with('{') && at < json.size() && json[at] == '"' && count_ < members_.size()) {
      const std::size_t name_end = EndOfText(json, at);
      const std::size_t value_end = EndOfValue(json, name_end + 1);
      if (value_end >= json.size()) break;
      members_[count_++] = {json.substr(at + 1, name_end - at - 2),
                            json.substr(name_end + 1, value_end - name_end - 1)};
      at = value_end + 1;
    }
    whole_ = at == json.size() && json.ends_with('}');
  }

  // Says so in `wrong`, unless something was wrong before.
  void Expect(std::string_view name, std::string_view value, std::string& wrong) const {
    if (!wrong.empty()) return;
    int found = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (members_[i].name == name) found += members_[i].value == value ? 1 : 2;
    }
    if (!whole_ || found != 1) wrong = fmt::format("{} is not {}", name, value);
  }

 private:
  struct Member {
    std::string_view name;
    std::string_view value;
  };
  std::array<Member, 32> members_;
  std::size_t count_ = 0;
  bool whole_ = false;
};

}  // namespace

BodyCheck::BodyCheck(const Definition& definition, const Saga& saga)
    : definition_(definition), saga_(saga), types_(EventTypes(definition)) {
  const Order& order = *saga.order;
  order_id_ = Quoted(order.id.ToString());
  item_id_ = Quoted(order.lines.empty() ? "" : order.lines.front().item_id);
  quantity_ = fmt::format("{}", order.lines.empty() ? 0 : order.lines.front().quantity);
  user_email_ = Quoted(order.user_email);
  if (order.lines.size() > 1) items_ = EncodeItems(order);
  total_ = FormatMajor(order.total);
  refunded_ = FormatMajor(saga.refunded);
  currency_ = Quoted(order.total.currency);
}

const EventType* BodyCheck::TypeOf(std::string_view routing_key) const {
  const auto is_it = [&](const EventType* type) { return type->routing_key == routing_key; };
  const auto found = std::find_if(types_.begin(), types_.end(), is_it);
  return found == types_.end() ? nullptr : *found;
}

const std::string& BodyCheck::AmountIn(const EventType& type) const {
  const auto undone = [&](const StepDefinition& step) { return step.undone_event == &type; };
  const auto& steps = definition_.steps;
  return std::any_of(steps.begin(), steps.end(), undone) ? refunded_ : total_;
}

std::string BodyCheck::operator()(std::string_view routing_key, std::int64_t sequence, std::string_view body) const {
  const Members members(body);
  std::string wrong;
  const auto expect = [&](std::string_view name, std::string_view value) { members.Expect(name, value, wrong); };
  expect("order_id", order_id_);
  expect("item_id", item_id_);
  expect("quantity", quantity_);
  if (wrong.empty()) members.Expect("user_email", user_email_, wrong);
  if (wrong.starts_with("user_email")) return "user_email is not the order's";
  expect("sequence", fmt::format("{}", sequence));
  if (!items_.empty()) expect("items", items_);
  const EventType* type = TypeOf(routing_key);
  if (type == nullptr) return wrong;
  if (type->amount) {
    expect("amount", AmountIn(*type));
    expect("currency", currency_);
  }
  const bool ended = type == &kOrderCompleted || type == &kOrderCancelled;
  if (ended) {
    expect("status", Quoted(Name(saga_.status)));
  } else if (!type->status.empty()) {
    expect("status", Quoted(type->status));
  }
  if (type == &kOrderCreated) expect(type->moment, Quoted(FormatEventTime(saga_.order->created_at)));
  // Why an order is cancelled is settled when it ends; why a person was asked may have been something else.
  if (type->reason && type != &kSagaNeedsAttention && saga_.status != Status::kPending) {
    expect("reason", Quoted(saga_.reason));
  }
  return wrong;
}

}  // namespace ordersaga::orchestrator

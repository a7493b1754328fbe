// Whether the stored body of an event says what its order says. For audits; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "orchestrator/core/definition.h"
#include "orchestrator/core/saga.h"

namespace ordersaga::orchestrator {

// For the events of one saga, of the same moment as the saga, which must outlive this. Bodies are compared member by
// member, as EncodeBody writes them; members that are not known here, and the words for people, may be anything.
class BodyCheck {
 public:
  // `definition`: the saga's own; must outlive this, too.
  BodyCheck(const Definition& definition, const Saga& saga);

  // The first thing the body does not say as the saga does ("amount is not 50.00"); empty: it agrees. Of a kind of
  // event that the saga does not publish only what every body has is compared.
  std::string operator()(std::string_view routing_key, std::int64_t sequence, std::string_view body) const;

 private:
  const EventType* TypeOf(std::string_view routing_key) const;
  // What went back, of a step that was undone; else the total.
  const std::string& AmountIn(const EventType& type) const;

  const Definition& definition_;
  const Saga& saga_;
  const std::vector<const EventType*> types_;
  // Values as JSON: what every body has, and what some have.
  std::string order_id_, item_id_, quantity_, user_email_, items_, total_, refunded_, currency_;
};

}  // namespace ordersaga::orchestrator

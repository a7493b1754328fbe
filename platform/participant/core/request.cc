#include "platform/participant/core/request.h"

namespace ordersaga::participant {

const std::string& KeyOf(const Request& request) {
  if (const auto* action = std::get_if<ActionRequest>(&request)) return action->key;
  if (const auto* compensation = std::get_if<CompensationRequest>(&request)) return compensation->action_key;
  if (const auto* answered = std::get_if<Answered>(&request)) return answered->key;
  return std::get<Resume>(request).key;
}

const std::string& LockOf(const Request& request) {
  if (const auto* action = std::get_if<ActionRequest>(&request)) {
    return action->lock_key.has_value() ? *action->lock_key : action->key;
  }
  if (const auto* compensation = std::get_if<CompensationRequest>(&request)) return compensation->action_key;
  if (const auto* answered = std::get_if<Answered>(&request)) return answered->lock_key;
  return std::get<Resume>(request).lock_key;
}

void AddNeeds(const Request& request, Needs& needs) {
  const std::string& key = KeyOf(request);
  const std::string& lock = LockOf(request);
  needs.locks.push_back(lock);
  const bool part = key != lock;
  if (part) needs.keys.push_back(key);
  if (part || std::holds_alternative<CompensationRequest>(request)) needs.wholes.push_back(lock);
}

}  // namespace ordersaga::participant

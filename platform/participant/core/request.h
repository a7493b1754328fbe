// The four requests that a participant's turn is made of, and which records each of them concerns. Pure.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "platform/participant/core/rules.h"

namespace ordersaga::participant {

// A question to the provider, asked after the commit.
struct Ask {
  enum class What { kDo, kUndo };
  What what = What::kDo;
  EffectRecord record;
  std::optional<EffectRecord> whole;  // of a part
};

// What the provider said.
struct Answered {
  std::string key;
  std::string lock_key;
  Ask::What what = Ask::What::kDo;
  ProviderReply reply;
  std::optional<EffectRecord> asked = std::nullopt;  // the record as it was then, if that is remembered
};
// An effect that is under way, and perhaps nobody asks about it: it was when the process started, or has been for long.
struct Resume {
  std::string key;
  std::string lock_key;
};

using Request = std::variant<ActionRequest, CompensationRequest, Answered, Resume>;
using Requests = std::vector<const Request*>;
const std::string& KeyOf(const Request& request);   // of the action
const std::string& LockOf(const Request& request);  // of all that shares it, a turn holds one request

// Which records a turn reads: first those of `locks`; then, with these locked, those of `keys` and the parts of
// `wholes` that are under way.
struct Needs {
  std::vector<std::string> locks;
  std::vector<std::string> keys;
  std::vector<std::string> wholes;
};
void AddNeeds(const Request& request, Needs& needs);

}  // namespace ordersaga::participant

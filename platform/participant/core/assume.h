// What a turn may assume of records instead of reading them: that an action whose key comes for the first time, as
// nearly all do, is new, and that a record is still what it was when the provider was asked. The turn is decided on
// that and written under the condition that it is so (store/sql/effects.sql); if it is not, nothing is written, and the
// turn is run again with what is there. Pure.
#pragma once

#include <optional>

#include "platform/participant/core/turn.h"

namespace ordersaga::participant {

// None: one of the requests concerns more than that, so the turn has to read. `now`: the database's time, as far as is
// known.
std::optional<Loaded> Assume(const Requests& requests, absl::Time now);

// The condition of an update: nobody has written `stored` since it was `before`.
bool IsStill(const EffectRecord& stored, const EffectRecord& before);

}  // namespace ordersaga::participant

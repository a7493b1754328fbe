// When a participant asks by itself about an effect that is still under way: a minute after it began to be, and then
// each time after twice as long, up to an hour. So what nobody asks about any more comes to its end, and what always
// fails costs next to nothing. Pure.
#pragma once

#include "platform/participant/core/rules.h"

namespace ordersaga::participant {

struct Patience {
  absl::Duration first = absl::Minutes(1);
  absl::Duration longest = absl::Hours(1);
};

// Whether the record is of an effect under way, and such a moment has passed between two looks at it. All by the
// database's clock; what one that was set back has left in the future falls due as what is in the past.
bool IsDue(const Patience& patience, const EffectRecord& record, absl::Time looked, absl::Time now);

}  // namespace ordersaga::participant

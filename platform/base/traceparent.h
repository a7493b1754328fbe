// Trace context (W3C) of a request and of all that follows from it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "platform/base/rng.h"

namespace ordersaga {

struct Traceparent {
  std::string trace;  // 32 hex digits in lower case, not all zero: the same all along
  std::string span;   // 16, not all zero: the caller's
  std::string flags;  // 2

  // "00-<trace>-<span>-<flags>": 55 characters.
  std::string ToString() const;

  bool operator==(const Traceparent&) const = default;
};

// nullopt: not valid, or not there. Later versions, which may have more behind the flags, are read as version 00.
std::optional<Traceparent> ParseTraceparent(std::string_view text);

// A trace that begins here.
Traceparent NewTrace(Rng& rng);
// The same trace with a span of our own.
Traceparent NewSpan(const Traceparent& parent, Rng& rng);

}  // namespace ordersaga

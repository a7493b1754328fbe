// Foreign text made safe to store, log and send on.
#pragma once

#include <string>
#include <string_view>

namespace ordersaga {

// Valid UTF-8 without NUL or other control characters (each bad byte becomes '?', control characters a space), cut
// to at most `max_bytes` on a character boundary. For error messages and reasons that others wrote.
std::string CleanText(std::string_view text, std::size_t max_bytes = 500);

// True for well-formed UTF-8 (no surrogates, no overlong forms).
bool IsValidUtf8(std::string_view text);

// True if `text` has the shape of one mailbox address: local@domain, at most 254 bytes, no spaces, control
// characters, or display name.
bool IsEmailAddress(std::string_view text);

}  // namespace ordersaga

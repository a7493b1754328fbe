// Foreign text made safe to store, log and send on.
#pragma once

#include <string>
#include <string_view>

namespace ordersaga {

// Control characters are those of ASCII (NUL, CR, LF, DEL, ...), those that other programs take for the end of a line
// (U+0085, U+2028, U+2029), and those that turn the direction of writing, so that people read something else than what
// stands there (Unicode's Bidi_Control: U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069).

// Valid UTF-8 without control characters (each bad byte becomes '?', each control character a space), cut to at most
// `max_bytes` on a character boundary. For error messages and reasons that others wrote.
std::string CleanText(std::string_view text, std::size_t max_bytes = 500);

// Whether it is so already: at most `max_bytes` of valid UTF-8 without control characters. For what is refused
// otherwise.
bool IsCleanText(std::string_view text, std::size_t max_bytes);

// Whether it may name something (a key, an item, a reason, a scope): 1 to 255 bytes of clean text. What the sender of
// anything else is told is kNameRule.
bool IsName(std::string_view text);
inline constexpr char kNameRule[] = "must be 1 to 255 bytes of text without control characters";

// Whether it may stand in a header: printable ASCII only, spaces included.
bool IsPrintableAscii(std::string_view text);

// Appends `text`, which is UTF-8, as a JSON string with its quotes.
void AppendJsonString(std::string_view text, std::string* json);

// True for well-formed UTF-8 (no surrogates, no overlong forms).
bool IsValidUtf8(std::string_view text);

// True if `text` has the shape of one mailbox address: local@domain, at most 254 bytes of clean text, no spaces
// and no display name.
bool IsEmailAddress(std::string_view text);

}  // namespace ordersaga

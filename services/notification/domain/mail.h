// What the customer is told: one plain-text template per kind of notification. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "platform/base/money.h"

namespace ordersaga::notification {

// Stored by name: never rename.
enum class Kind { kCompleted, kPaymentFailed, kRefunded, kCancelled };
std::string_view Name(Kind kind);
std::optional<Kind> ParseKind(std::string_view name);

struct OrderedItem {
  std::string item_id;
  int quantity = 0;
};

struct Notice {
  std::string key;  // idempotency key: also decides file name and Message-ID
  std::string order_id;
  std::string user_email;
  Kind kind = Kind::kCompleted;
  std::vector<OrderedItem> items;
  Money total;
  Money refunded;  // zero if nothing was given back
  std::string reason;
  std::string message;
};

struct Mail {
  std::string key;
  std::string message_id;  // "<...@ordersaga>", the same for every repeat
  std::string to;
  std::string text;  // complete RFC 5322 message, CRLF line ends
};

// The same notice, sender's address and time always make the same bytes. No value can end its line: none can add a
// header or a recipient.
Mail Compose(const Notice& notice, const std::string& from, absl::Time date);

// Depends on the idempotency key alone.
std::string MessageIdOf(const std::string& key);

// The stored form of a notice, and back. Rows are kept for ever: never change it.
std::string EncodeNotice(const Notice& notice);
Notice DecodeNotice(const std::string& key, const std::string& order_id, const std::string& text);

}  // namespace ordersaga::notification

#include "services/notification/domain/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "absl/strings/escaping.h"
#include "platform/base/text.h"
#include "platform/base/uuid.h"

namespace ordersaga::notification {
namespace {

std::string Amount(const Money& money) {
  return fmt::format("{} {}", FormatMajor(money), money.currency);
}

const char* SubjectOf(Kind kind) {
  switch (kind) {
    case Kind::kCompleted:
      return "Your order is complete";
    case Kind::kPaymentFailed:
      return "Payment failed for your order";
    case Kind::kRefunded:
      return "Your order was cancelled and refunded";
    case Kind::kCancelled:
      return "Your order was cancelled";
  }
  return "Your order";
}

// The templates: one for each e-mail of the table of endings. What they have in common follows in Body.
std::string OpeningOf(const Notice& notice) {
  const bool refunded = notice.refunded.minor > 0;
  switch (notice.kind) {
    case Kind::kCompleted:
      return fmt::format(
          "thank you for your order. It is complete, and {} has been\r\ncharged to your means of payment.",
          Amount(notice.total));
    case Kind::kPaymentFailed:
      return "the payment for your order failed, so the order was cancelled.\r\nYou were not charged.";
    case Kind::kRefunded:
      return fmt::format(
          "your order could not be fulfilled, so it was cancelled and your\r\npayment refunded: {} is on its way back "
          "to you.",
          Amount(notice.refunded));
    case Kind::kCancelled:
      return refunded ? fmt::format("your order has been cancelled, and {} is on its way back to you.",
                                    Amount(notice.refunded))
                      : std::string("your order has been cancelled. You were not charged.");
  }
  return "there is news about your order.";
}

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// RFC 2047: words of at most 75 characters, 45 bytes of UTF-8 each, cut on character boundaries.
std::string Encoded(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    const std::string part = CleanText(text, 45);
    words += fmt::format("{}=?utf-8?B?{}?=", words.empty() ? "" : "\r\n ", absl::Base64Escape(part));
    text.remove_prefix(std::min(text.size(), part.size()));
  }
  return words;
}

// The one way to write a header: a value can never end its line, so it can never start another header.
std::string Header(std::string_view name, std::string_view value) {
  const std::string clean = CleanText(value, 900);
  return fmt::format("{}: {}\r\n", name, IsAscii(clean) ? clean : Encoded(clean));
}

// An address stays as it is, in UTF-8 if it must (RFC 6532): encoded it would be no address.
std::string AddressHeader(std::string_view name, std::string_view address) {
  return fmt::format("{}: {}\r\n", name, CleanText(address, 900));
}

std::string Date(absl::Time date) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", date, absl::UTCTimeZone());
}

std::string Body(const Notice& notice) {
  std::string body = fmt::format("Hello,\r\n\r\n{}\r\n\r\n", OpeningOf(notice));
  body += fmt::format("  Order:    {}\r\n", CleanText(notice.order_id));
  for (const OrderedItem& item : notice.items) {
    body += fmt::format("  Item:     {} x {}\r\n", CleanText(item.item_id), item.quantity);
  }
  body += fmt::format("  Total:    {}\r\n", Amount(notice.total));
  if (notice.refunded.minor > 0) body += fmt::format("  Refunded: {}\r\n", Amount(notice.refunded));
  if (!notice.reason.empty()) {
    body += fmt::format("  Reason:   {} ({})\r\n", CleanText(notice.message), CleanText(notice.reason));
  }
  return body + "\r\nThank you for shopping with us.\r\n";
}

}  // namespace

std::string_view Name(Kind kind) {
  switch (kind) {
    case Kind::kCompleted:
      return "completed";
    case Kind::kPaymentFailed:
      return "payment_failed";
    case Kind::kRefunded:
      return "refunded";
    case Kind::kCancelled:
      return "cancelled";
  }
  return "?";
}

std::optional<Kind> ParseKind(std::string_view name) {
  constexpr std::array kAll = {Kind::kCompleted, Kind::kPaymentFailed, Kind::kRefunded, Kind::kCancelled};
  for (const Kind kind : kAll) {
    if (Name(kind) == name) return kind;
  }
  return std::nullopt;
}

std::string MessageIdOf(const std::string& key) {
  return fmt::format("<{}@ordersaga>", Uuid::FromName(key).ToString());
}

Mail Compose(const Notice& notice, const std::string& from, absl::Time date) {
  Mail mail;
  mail.key = notice.key;
  mail.message_id = MessageIdOf(notice.key);
  mail.to = notice.user_email;
  mail.text = AddressHeader("From", from) + AddressHeader("To", notice.user_email) +
              Header("Subject", fmt::format("{} ({})", SubjectOf(notice.kind), notice.order_id)) +
              Header("Date", Date(date)) + Header("Message-ID", mail.message_id) + Header("MIME-Version", "1.0") +
              Header("Content-Type", "text/plain; charset=utf-8") + Header("Content-Transfer-Encoding", "8bit") +
              Header("X-Order-Id", notice.order_id) + Header("X-Notification", std::string(Name(notice.kind))) +
              "\r\n" + Body(notice);
  return mail;
}

std::string EncodeNotice(const Notice& notice) {
  boost::json::array items;
  for (const OrderedItem& item : notice.items) {
    items.push_back({{"item_id", item.item_id}, {"quantity", item.quantity}});
  }
  return boost::json::serialize(boost::json::object{{"user_email", notice.user_email},
                                                    {"kind", std::string(Name(notice.kind))},
                                                    {"items", std::move(items)},
                                                    {"total_minor", notice.total.minor},
                                                    {"refunded_minor", notice.refunded.minor},
                                                    {"currency", notice.total.currency},
                                                    {"reason", notice.reason},
                                                    {"message", notice.message}});
}

Notice DecodeNotice(const std::string& key, const std::string& order_id, const std::string& text) {
  const boost::json::value value = boost::json::parse(text);
  const auto& object = value.as_object();
  const auto string = [&](const char* name) { return std::string(object.at(name).as_string()); };
  Notice notice;
  notice.key = key;
  notice.order_id = order_id;
  notice.user_email = string("user_email");
  notice.kind = ParseKind(string("kind")).value_or(Kind::kCancelled);
  for (const auto& item : object.at("items").as_array()) {
    notice.items.push_back(
        {std::string(item.as_object().at("item_id").as_string()), item.as_object().at("quantity").to_number<int>()});
  }
  notice.total = {object.at("total_minor").to_number<std::int64_t>(), string("currency")};
  notice.refunded = {object.at("refunded_minor").to_number<std::int64_t>(), string("currency")};
  notice.reason = string("reason");
  notice.message = string("message");
  return notice;
}

}  // namespace ordersaga::notification

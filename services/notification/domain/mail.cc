#include "services/notification/domain/mail.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>

#include "platform/base/text.h"
#include "platform/base/uuid.h"

namespace ordersaga::notification {
namespace {

struct Template {
  const char* subject;
  const char* opening;
};

Template For(Kind kind) {
  switch (kind) {
    case Kind::kCompleted:
      return {"Your order is complete", "your order has been completed."};
    case Kind::kPaymentFailed:
      return {"Payment failed for your order",
              "the payment for your order failed, so the order was cancelled. You were not charged."};
    case Kind::kRefunded:
      return {"Your order was cancelled and refunded",
              "your order could not be fulfilled, so it was cancelled and your payment refunded."};
    case Kind::kCancelled:
      return {"Your order was cancelled", "your order has been cancelled."};
  }
  return {"Your order", "there is news about your order."};
}

// The one way to write a header: a value can never end its line, so it can never start another header.
std::string Header(std::string_view name, std::string_view value) {
  return fmt::format("{}: {}\r\n", name, CleanText(value, 900));
}

std::string Date(absl::Time date) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", date, absl::UTCTimeZone());
}

std::string Amount(const Money& money) {
  return fmt::format("{} {}", FormatMajor(money), money.currency);
}

std::string Body(const Notice& notice) {
  std::string body = fmt::format("Hello,\r\n\r\n{}\r\n\r\n", For(notice.kind).opening);
  body += fmt::format("  Order:    {}\r\n", notice.order_id);
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

Mail Compose(const Notice& notice, absl::Time date) {
  Mail mail;
  mail.key = notice.key;
  mail.message_id = fmt::format("<{}@ordersaga>", Uuid::FromName(notice.key).ToString());
  mail.to = notice.user_email;
  mail.text = Header("From", "ordersaga <orders@ordersaga.example>") + Header("To", notice.user_email) +
              Header("Subject", fmt::format("{} ({})", For(notice.kind).subject, notice.order_id)) +
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

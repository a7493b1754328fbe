#include "services/notification/domain/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ordersaga::notification {
namespace {

using testing::HasSubstr;
using testing::Not;

const absl::Time kDate = absl::FromUnixSeconds(1'800'000'000);

Notice OfKind(Kind kind) {
  Notice notice;
  notice.key = "order-1/notification/action";
  notice.order_id = "order-1";
  notice.user_email = "you@example.com";
  notice.kind = kind;
  notice.items = {{"product-001", 2}, {"product-002", 1}};
  notice.total = {15000, "USD"};
  return notice;
}
std::string TextOf(const Notice& notice) {
  return Compose(notice, "shop@example.com", kDate).text;
}

TEST(MailTest, CompletionNamesItemsAndTotal) {
  EXPECT_EQ(TextOf(OfKind(Kind::kCompleted)),
            "From: shop@example.com\r\n"
            "To: you@example.com\r\n"
            "Subject: Your order is complete (order-1)\r\n"
            "Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
            "Message-ID: " +
                MessageIdOf("order-1/notification/action") +
                "\r\n"
                "MIME-Version: 1.0\r\n"
                "Content-Type: text/plain; charset=utf-8\r\n"
                "Content-Transfer-Encoding: 8bit\r\n"
                "X-Order-Id: order-1\r\n"
                "X-Notification: completed\r\n"
                "\r\n"
                "Hello,\r\n"
                "\r\n"
                "thank you for your order. It is complete, and 150.00 USD has been\r\n"
                "charged to your means of payment.\r\n"
                "\r\n"
                "  Order:    order-1\r\n"
                "  Item:     product-001 x 2\r\n"
                "  Item:     product-002 x 1\r\n"
                "  Total:    150.00 USD\r\n"
                "\r\n"
                "Thank you for shopping with us.\r\n");
}

TEST(MailTest, ARefundNamesReasonAndAmount) {
  Notice notice = OfKind(Kind::kRefunded);
  notice.refunded = {15000, "USD"};
  notice.reason = "OUT_OF_STOCK";
  notice.message = "product-001: 2 requested, 1 available";
  const std::string text = TextOf(notice);
  EXPECT_THAT(text, HasSubstr("payment refunded: 150.00 USD is on its way back to you."));
  EXPECT_THAT(text, HasSubstr("  Refunded: 150.00 USD\r\n"));
  EXPECT_THAT(text, HasSubstr("  Reason:   product-001: 2 requested, 1 available (OUT_OF_STOCK)\r\n"));
}

TEST(MailTest, AFailedPaymentAndACancellationSayWhetherMoneyMoved) {
  EXPECT_THAT(TextOf(OfKind(Kind::kPaymentFailed)), HasSubstr("You were not charged."));
  Notice cancelled = OfKind(Kind::kCancelled);
  EXPECT_THAT(TextOf(cancelled), HasSubstr("You were not charged."));
  cancelled.refunded = {15000, "USD"};
  EXPECT_THAT(TextOf(cancelled), HasSubstr("150.00 USD is on its way back to you."));
  EXPECT_THAT(TextOf(cancelled), Not(HasSubstr("You were not charged.")));
}

TEST(MailTest, TheMessageIdDependsOnTheKeyAlone) {
  Notice notice = OfKind(Kind::kCompleted);
  const std::string id = Compose(notice, "a@b.example", kDate).message_id;
  notice.reason = "X";
  EXPECT_EQ(Compose(notice, "c@d.example", kDate + absl::Hours(1)).message_id, id);
  notice.key = "order-2/notification/action";
  EXPECT_NE(Compose(notice, "a@b.example", kDate).message_id, id);
}

TEST(MailTest, NoValueCanEndItsLineOrAddAHeader) {
  const std::string evil = "x\r\nBcc: victim@example.com\r\n\r\n.\r\n\n\r\x01";
  Notice notice = OfKind(Kind::kRefunded);
  notice.order_id = notice.user_email = notice.reason = notice.message = evil;
  notice.items = {{evil, 1}};
  const std::string text = Compose(notice, evil, kDate).text;
  EXPECT_THAT(text, Not(HasSubstr("\nBcc")));
  EXPECT_THAT(text, Not(HasSubstr("\n.\r")));
  // Every line feed belongs to a line end of the template.
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    EXPECT_EQ(text[at - 1], '\r');
  }
  EXPECT_THAT(text.substr(0, text.find("\r\n\r\n")), Not(HasSubstr("victim@example.com\r\n\r\n")));
}

TEST(MailTest, HeadersThatAreNotAsciiAreEncodedWords) {
  Notice notice = OfKind(Kind::kCompleted);
  notice.order_id = std::string(200, 'a');
  notice.order_id += "\xc3\xbc\xe2\x98\x83";
  const std::string text = TextOf(notice);
  const std::string subject = text.substr(text.find("Subject: "), text.find("Date: ") - text.find("Subject: "));
  for (const char c : subject) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  EXPECT_THAT(subject, HasSubstr("=?utf-8?B?"));
}

TEST(MailTest, ANoticeSurvivesBeingStored) {
  Notice notice = OfKind(Kind::kRefunded);
  notice.refunded = {5, "USD"};
  notice.reason = "R";
  notice.message = "m \"quoted\" \xc3\xbc";
  const Notice back = DecodeNotice(notice.key, notice.order_id, EncodeNotice(notice));
  EXPECT_EQ(Compose(back, "a@b.example", kDate).text, Compose(notice, "a@b.example", kDate).text);
}

}  // namespace
}  // namespace ordersaga::notification

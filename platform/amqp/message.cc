#include "platform/amqp/message.h"

#include <fmt/format.h>

#include <initializer_list>

namespace ordersaga::amqp {
namespace {

constexpr std::size_t kMaxShortString = 255;
constexpr std::size_t kMaxHeaders = std::size_t{64} * 1024;  // all properties travel in one frame of 128 KiB

std::size_t SizeOf(const HeaderValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? text->size() : sizeof(std::int64_t);
}

}  // namespace

std::string WhyUnpublishable(const Message& message, std::size_t max_body) {
  for (const std::string* text : {&message.exchange, &message.routing_key, &message.content_type, &message.message_id,
                                  &message.correlation_id, &message.type, &message.app_id}) {
    if (text->size() > kMaxShortString) return "a message property is longer than 255 bytes";
  }
  std::size_t headers = 0;
  for (const auto& [name, value] : message.headers) {
    if (name.size() > kMaxShortString) return "a header's name is longer than 255 bytes";
    headers += name.size() + SizeOf(value);
  }
  if (headers > kMaxHeaders) return "the headers are longer than 64 KiB";
  if (message.body.size() <= max_body) return "";
  return fmt::format("the body has {} bytes, more than {}", message.body.size(), max_body);
}

}  // namespace ordersaga::amqp

// A MAC is taken over the fields in a fixed order, each behind its length, so that no two rows have the same bytes. The
// order and the names are part of what is stored: never change them.
#include "orchestrator/operator_log/log_chain.h"

#include <fmt/format.h>

#include "platform/base/hash.h"

namespace ordersaga::orchestrator {
namespace {

std::string Bytes(std::initializer_list<std::string> fields) {
  std::string bytes;
  for (const std::string& field : fields) bytes += fmt::format("{}:{};", field.size(), field);
  return bytes;
}

}  // namespace

std::string LogChain::DigestOf(const LogRow& row) const {
  return ToHex(HmacSha256(key_, Bytes({"reason", std::to_string(row.shard), std::to_string(row.number), row.reason})));
}

std::string LogChain::MacOf(const LogRow& row, const std::string& before) const {
  return ToHex(
      HmacSha256(key_, Bytes({"row", before, std::to_string(row.shard), std::to_string(row.number),
                              std::to_string(absl::ToUnixMicros(row.at)), row.by, row.from, row.verb, row.subject,
                              std::to_string(row.version), row.before, row.after, row.reason_digest})));
}

void LogChain::Append(LogHead& head, LogRow& row) const {
  row.number = head.number + 1;
  row.reason_digest = DigestOf(row);
  row.mac = MacOf(row, head.mac);
  head = {row.number, row.mac};
}

}  // namespace ordersaga::orchestrator

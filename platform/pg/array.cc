#include "platform/pg/array.h"

#include <cstddef>
#include <limits>

namespace ordersaga::pg {
namespace {

constexpr std::uint32_t kNull = 0xffffffff;  // in place of a length
constexpr char kJsonbVersion = 1;
// Microseconds from 1970 to 2000, where PostgreSQL counts from.
constexpr std::int64_t kEpoch = 946'684'800'000'000;

// Big-endian.
template <typename T>
void Append(std::string& out, T value) {
  for (int shift = static_cast<int>(sizeof(T) - 1) * 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xff));
  }
}

template <typename T>
void AppendSized(std::string& out, T value) {
  Append<std::uint32_t>(out, sizeof(T));
  Append(out, value);
}

// PostgreSQL's own bounds: MIN_TIMESTAMP and END_TIMESTAMP of its datatype/timestamp.h.
constexpr std::int64_t kFirst = -211'813'488'000'000'000;
constexpr std::int64_t kEnd = 9'223'371'331'200'000'000;

std::int64_t Micros(absl::Time time) {
  const absl::Duration since = time - absl::FromUnixMicros(kEpoch);
  if (since >= absl::Microseconds(kEnd)) return std::numeric_limits<std::int64_t>::max();
  if (since < absl::Microseconds(kFirst)) return std::numeric_limits<std::int64_t>::min();
  return absl::ToUnixMicros(time) - kEpoch;
}

}  // namespace

std::uint32_t TypeOf(std::int16_t /*value*/) {
  return 21;
}
std::uint32_t TypeOf(std::int32_t /*value*/) {
  return 23;
}
std::uint32_t TypeOf(std::int64_t /*value*/) {
  return 20;
}
std::uint32_t TypeOf(bool /*value*/) {
  return 16;
}
std::uint32_t TypeOf(std::string_view /*value*/) {
  return 25;
}
std::uint32_t TypeOf(absl::Time /*value*/) {
  return 1184;
}
std::uint32_t TypeOf(const Uuid& /*value*/) {
  return 2950;
}
std::uint32_t TypeOf(const Json& /*value*/) {
  return 3802;
}

std::string Timestamptz(absl::Time time) {
  std::string bytes;
  Append(bytes, Micros(time));
  return bytes;
}

ArrayWriter::ArrayWriter(std::size_t elements, std::uint32_t type) {
  constexpr std::size_t kHeader = 20, kUsual = 20;
  bytes_.reserve(kHeader + elements * kUsual);
  Append<std::uint32_t>(bytes_, elements == 0 ? 0 : 1);  // dimensions
  Append<std::uint32_t>(bytes_, 1);                      // there may be NULLs
  Append(bytes_, type);
  if (elements == 0) return;
  Append(bytes_, static_cast<std::uint32_t>(elements));
  Append<std::uint32_t>(bytes_, 1);  // the first one's index
}

void ArrayWriter::Add(std::int16_t value) {
  AppendSized(bytes_, value);
}
void ArrayWriter::Add(std::int32_t value) {
  AppendSized(bytes_, value);
}
void ArrayWriter::Add(std::int64_t value) {
  AppendSized(bytes_, value);
}
void ArrayWriter::Add(bool value) {
  AppendSized(bytes_, static_cast<std::uint8_t>(value ? 1 : 0));
}
void ArrayWriter::Add(absl::Time value) {
  AppendSized(bytes_, Micros(value));
}

void ArrayWriter::Add(std::string_view value) {
  Append(bytes_, static_cast<std::uint32_t>(value.size()));
  bytes_.append(value);
}

void ArrayWriter::Add(const Uuid& value) {
  Append(bytes_, static_cast<std::uint32_t>(value.bytes().size()));
  bytes_.append(value.bytes().begin(), value.bytes().end());
}

void ArrayWriter::Add(const Json& value) {
  Append(bytes_, static_cast<std::uint32_t>(value.text.size() + 1));
  bytes_.push_back(kJsonbVersion);
  bytes_.append(value.text);
}

void ArrayWriter::AddNull() {
  Append(bytes_, kNull);
}

}  // namespace ordersaga::pg

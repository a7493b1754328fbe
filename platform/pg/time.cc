#include "platform/pg/time.h"

#include <charconv>

#include "absl/time/civil_time.h"

namespace ordersaga::pg {
namespace {

// Takes numbers and punctuation off the front of a text. Once something does not fit, nothing does.
class Taking {
 public:
  explicit Taking(std::string_view text) : text_(text) {}

  int Number() {
    int value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc() || value < 0) fits_ = false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return value;
  }
  bool Has(char c) const { return text_.starts_with(c); }
  void Punctuation(char c) {
    if (!Has(c)) fits_ = false;
    text_.remove_prefix(Has(c) ? 1 : 0);
  }
  // The digits behind a decimal point; PostgreSQL leaves out zeros at the end.
  int Millionths() {
    const std::size_t before = text_.size();
    int value = Number();
    std::size_t digits = before - text_.size();
    if (digits > 6) fits_ = false;
    for (; digits < 6; ++digits) value *= 10;
    return value;
  }
  bool EndsWith(std::string_view rest) const { return fits_ && text_ == rest; }

 private:
  std::string_view text_;
  bool fits_ = true;
};

}  // namespace

// By hand: absl::ParseTime costs more than all else that is done with a row.
absl::Time FromPg(std::string_view text) {
  Taking taking(text);
  const int year = taking.Number();
  taking.Punctuation('-');
  const int month = taking.Number();
  taking.Punctuation('-');
  const int day = taking.Number();
  taking.Punctuation(' ');
  const int hour = taking.Number();
  taking.Punctuation(':');
  const int minute = taking.Number();
  taking.Punctuation(':');
  std::int64_t second = taking.Number();
  int micros = 0;
  if (taking.Has('.')) {
    taking.Punctuation('.');
    micros = taking.Millionths();
  }
  if (!taking.EndsWith("+00")) return absl::InfinitePast();
  const std::int64_t days = absl::CivilDay(year, month, day) - absl::CivilDay(1970, 1, 1);
  second += ((days * 24 + hour) * 60 + minute) * 60;
  return absl::FromUnixMicros(second * 1'000'000 + micros);
}

}  // namespace ordersaga::pg

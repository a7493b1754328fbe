#include "sagactl/table.h"

#include <algorithm>
#include <utility>

#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

std::string_view CodeOf(Color color) {
  switch (color) {
    case Color::kNone:
      return "";
    case Color::kBold:
      return "\x1b[1m";
    case Color::kRed:
      return "\x1b[31m";
    case Color::kGreen:
      return "\x1b[32m";
    case Color::kYellow:
      return "\x1b[33m";
    case Color::kCyan:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

std::string Paint(std::string_view text, Color color, bool colored) {
  std::string painted;
  if (colored) painted += CodeOf(color);
  painted += text;
  if (colored && color != Color::kNone) painted += "\x1b[0m";
  return painted;
}

Table::Table(std::vector<std::string> header) {
  std::vector<Cell> row;
  for (std::string& name : header) row.emplace_back(std::move(name), Color::kBold);
  rows_.push_back(std::move(row));
}

void Table::Add(std::vector<Cell> row) {
  rows_.push_back(std::move(row));
}

std::string Table::Render(bool colored) const {
  std::vector<std::size_t> widths(rows_.front().size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i].text));
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < widths.size(); ++i) {
      text += Paint(row[i].text, row[i].color, colored);
      const bool last = i + 1 == widths.size();
      if (!last) text.append(widths[i] - Width(row[i].text) + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

}  // namespace ordersaga::cli

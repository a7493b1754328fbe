// A table for people: a header, columns as wide as they need to be, two blanks between them,
// perhaps colours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ordersaga::cli {

enum class Color { kNone, kBold, kRed, kGreen, kYellow, kCyan };

// `text` in a colour, or as it is when colours are off.
std::string Paint(std::string_view text, Color color, bool colored);

struct Cell {
  Cell(std::string cell_text,
       Color cell_color = Color::kNone)  // NOLINT(google-explicit-constructor)
      : text(std::move(cell_text)), color(cell_color) {}

  std::string text;  // printable
  Color color;
};

class Table {
 public:
  explicit Table(std::vector<std::string> header);

  // Requires as many cells as the header has.
  void Add(std::vector<Cell> row);
  std::string Render(bool colored) const;

 private:
  std::vector<std::vector<Cell>> rows_;  // the header first
};

}  // namespace ordersaga::cli

// The embedded SQL files by name.
#pragma once

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace ordersaga::pg {

// The text of `name` in an embedded table (see cmake/embed.cmake). A name that is not there is a programming error and
// ends the process; look statements up once, at construction.
template <std::size_t n>
std::string SqlFile(const std::array<std::pair<std::string_view, std::string_view>, n>& files, std::string_view name) {
  for (const auto& [file, text] : files) {
    if (file == name) return std::string(text);
  }
  std::abort();
}

}  // namespace ordersaga::pg

// Writes one flat JSON object, member by member. By hand, because bodies are made on the engine's
// hot path and money must appear as an exact number with two decimals, which no JSON library here
// can promise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ordersaga::orchestrator {

class FlatJson {
 public:
  FlatJson& Text(std::string_view name, std::string_view value);
  FlatJson& Number(std::string_view name, std::int64_t value);
  // `json` is put in as it is: the caller vouches that it is valid JSON.
  FlatJson& Raw(std::string_view name, std::string_view json);

  // Closes the object and hands it over; the writer is spent.
  std::string Take();

 private:
  void Name(std::string_view name);

  std::string json_ = "{";
};

}  // namespace ordersaga::orchestrator

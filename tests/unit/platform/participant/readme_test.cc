// The README's complete participants are those that are compiled and tested, and are short.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace ordersaga::participant {
namespace {

// Tests run anywhere below the repository or beside it: this file's own path leads to its root.
std::string Read(const std::string& path) {
  const std::filesystem::path root = std::filesystem::path(__FILE__).parent_path() / "../../../..";
  std::ifstream file(root / path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

TEST(ReadmeTest, ItsParticipantsAreThoseThatAreTested) {
  const std::string readme = Read("platform/participant/README.md");
  for (const char* name : {"tests/integration/platform/participant/loyalty_points.h", "examples/parcels/parcels.h"}) {
    const std::string example = Read(name);
    EXPECT_NE(readme.find("```cpp\n" + example + "```\n"), std::string::npos) << name;
    EXPECT_LT(std::count(example.begin(), example.end(), '\n'), 70) << name;
  }
}

}  // namespace
}  // namespace ordersaga::participant

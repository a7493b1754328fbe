// The README's complete participant is the one that is compiled and tested, and is short.
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
  const std::filesystem::path root = std::filesystem::path(__FILE__).parent_path() / "../../..";
  std::ifstream file(root / path);
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

TEST(ReadmeTest, ItsParticipantIsTheOneThatIsTested) {
  const std::string example = Read("tests/integration/participant/loyalty_points.h");
  EXPECT_NE(Read("platform/participant/README.md").find("```cpp\n" + example + "```\n"), std::string::npos);
  EXPECT_LT(std::count(example.begin(), example.end(), '\n'), 60);
}

}  // namespace
}  // namespace ordersaga::participant

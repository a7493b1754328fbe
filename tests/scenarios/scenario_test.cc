// Every *.scenario file of this folder is one test case; README.md says how to write one.
//   scenario_test                 compares each story with what the core does
//   scenario_test --rewrite       writes down what it does (or SCENARIO_REWRITE=1); look at the difference before you
//   keep it
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string_view>

#include "platform/base/error.h"
#include "tests/scenarios/play.h"

namespace ordersaga::orchestrator {
namespace {

bool rewrite = false;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

class ScenarioTest : public ::testing::Test {
 public:
  explicit ScenarioTest(std::filesystem::path path) : path_(std::move(path)) {}

  void TestBody() override {
    const std::string written = ReadFile(path_);
    const absl::StatusOr<std::string> played = Play(written);
    ASSERT_TRUE(played.ok()) << path_.string() << ", " << MessageOf(played.status());
    ASSERT_NE(played->find("now "), std::string::npos) << "the story tells nothing";
    if (rewrite) {
      if (*played != written) std::ofstream(path_) << *played;
      return;
    }
    EXPECT_EQ(written, *played) << path_.string() << ": - as written, + as it happens";
  }

 private:
  const std::filesystem::path path_;
};

std::string TestName(const std::filesystem::path& path) {
  std::string name;
  bool upper = true;
  for (const char c : path.stem().string()) {
    if (c == '_' || c == '-') {
      upper = true;
    } else {
      name.push_back(upper ? static_cast<char>(std::toupper(c)) : c);
      upper = false;
    }
  }
  return name;
}

int RegisterAll() {
  std::set<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(SCENARIO_DIR)) {
    if (entry.path().extension() == ".scenario") paths.insert(entry.path());
  }
  for (const std::filesystem::path& path : paths) {
    ::testing::RegisterTest("ScenarioTest", TestName(path).c_str(), nullptr, nullptr, path.c_str(), 1,
                            [path]() -> ScenarioTest* { return new ScenarioTest(path); });
  }
  return static_cast<int>(paths.size());
}

}  // namespace

int Main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const char* wish = std::getenv("SCENARIO_REWRITE");  // NOLINT(concurrency-mt-unsafe)
  rewrite =
      (wish != nullptr && std::string_view(wish) == "1") || (argc > 1 && std::string_view(argv[1]) == "--rewrite");
  if (RegisterAll() == 0) {
    fprintf(stderr, "no *.scenario files in %s\n", SCENARIO_DIR);
    return 1;
  }
  return RUN_ALL_TESTS();
}

}  // namespace ordersaga::orchestrator

int main(int argc, char** argv) {
  return ordersaga::orchestrator::Main(argc, argv);
}

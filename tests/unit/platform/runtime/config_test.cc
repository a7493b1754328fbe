#include "platform/runtime/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "platform/base/error.h"

namespace ordersaga {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// Takes what begins with "good:", and shows what follows it.
absl::StatusOr<std::string> Show(const std::string& text) {
  if (!text.starts_with("good:")) return absl::InvalidArgumentError("must begin with good:");
  return "shown " + text.substr(5, 3);
}

class ConfigTest : public ::testing::Test {
 protected:
  ConfigTest() { config_.AddUrl("a_url", &url_, Show, "a URL"); }

  std::optional<int> Load(std::vector<std::string> arguments) {
    std::vector<char*> argv{const_cast<char*>("program")};  // NOLINT: argv of main is like this
    for (std::string& argument : arguments) argv.push_back(argument.data());
    ::testing::internal::CaptureStdout();
    ::testing::internal::CaptureStderr();
    const std::optional<int> code = config_.Load(static_cast<int>(argv.size()), argv.data());
    out_ = ::testing::internal::GetCapturedStdout();
    errors_ = ::testing::internal::GetCapturedStderr();
    return code;
  }

  std::string url_ = "good:default";
  std::int64_t number_ = 1;
  Config config_{"program", "for tests", ""};
  std::string out_, errors_;
};

TEST_F(ConfigTest, AUrlIsKeptAsItIsAndPrintedAsItsParserShowsIt) {
  EXPECT_EQ(Load({"--a-url", "good:abcdef"}), std::nullopt);
  EXPECT_EQ(url_, "good:abcdef");
  EXPECT_EQ(Load({"--a-url", "good:abcdef", "--print-config"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("a_url = \"shown abc\""), Not(HasSubstr("def"))));
}

TEST_F(ConfigTest, ABadUrlIsReportedWithAllOtherProblemsAndIsNotRepeated) {
  config_.Add("number", &number_, 1, 9, "a number");
  EXPECT_EQ(Load({"--a-url", "hunter2", "--number", "12"}), 2);
  EXPECT_THAT(errors_, AllOf(HasSubstr("a_url, from flag --a-url: must begin with good:"),
                             HasSubstr("number, from flag --number: must be a whole number from 1 to 9 (is \"12\")"),
                             Not(HasSubstr("hunter2"))));
  EXPECT_EQ(url_, "good:default");
}

TEST_F(ConfigTest, AMistypedFlagIsNamedWithoutItsValue) {
  EXPECT_EQ(Load({"--a_url=hunter2"}), 2);
  EXPECT_THAT(errors_, AllOf(HasSubstr("--a_url"), Not(HasSubstr("hunter2"))));
  EXPECT_EQ(Load({"hunter2"}), 2);
  EXPECT_THAT(errors_, Not(HasSubstr("hunter2")));
}

TEST_F(ConfigTest, AFileThatCannotBeReadAsTomlIsNotQuoted) {
  const std::string path = ::testing::TempDir() + "config_test.toml";
  std::ofstream(path) << "a_url = hunter2://ada:hunter2@db/x\n";
  EXPECT_EQ(Load({"--config", path}), 2);
  EXPECT_THAT(errors_, AllOf(HasSubstr(path), Not(HasSubstr("hunter2"))));
}

TEST_F(ConfigTest, ACommandStandsAmongTheFlags) {
  config_.Add("number", &number_, 1, 9, "a number");
  config_.AddCommand({.name = "health", .help = "asks"});
  EXPECT_EQ(Load({"--number", "2", "health", "--a-url", "good:abc"}), std::nullopt);
  EXPECT_EQ(config_.command(), "health");
  EXPECT_EQ(number_, 2);
  EXPECT_EQ(url_, "good:abc");
  EXPECT_EQ(Load({}), std::nullopt);
  EXPECT_EQ(config_.command(), "");
  EXPECT_EQ(Load({"wealth"}), 2);
}

TEST_F(ConfigTest, ACommandHasFlagsOfItsOwn) {
  bool plan = false;
  std::string output = "table";
  config_.AddCommand({.name = "migrate",
                      .help = "steps",
                      .flags = {{"--plan", &plan, "shows"}, {"-o,--output", &output, "how"}},
                      .examples = "Examples:\n  program migrate --plan\n"});
  EXPECT_EQ(Load({"migrate", "--plan", "-o", "json", "--a-url", "good:abc"}), std::nullopt);
  EXPECT_TRUE(plan);
  EXPECT_EQ(output, "json");
  EXPECT_EQ(url_, "good:abc");
  EXPECT_EQ(Load({"--plan"}), 2);
  EXPECT_EQ(Load({"migrate", "--help"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("--plan"), HasSubstr("  program migrate --plan"), Not(HasSubstr("--a-url"))));
}

TEST_F(ConfigTest, AWordIsOneOfThoseThatAreKnown) {
  std::string mode = "auto";
  config_.AddWord("mode", &mode, {"auto", "off"}, "how");
  EXPECT_EQ(Load({"--mode", "off"}), std::nullopt);
  EXPECT_EQ(mode, "off");
  EXPECT_EQ(Load({"--mode", "on"}), 2);
  EXPECT_THAT(errors_, HasSubstr("mode, from flag --mode: must be auto or off (is \"on\")"));
}

}  // namespace
}  // namespace ordersaga

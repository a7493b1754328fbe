// A log line, as people and as programs read it.
#include "platform/runtime/log.h"

#include <gtest/gtest.h>

#include "platform/base/error.h"

namespace ordersaga {
namespace {

std::string Text(std::initializer_list<LogField> fields) {
  return FormatLogLine(false, "info", "payment", "charged", fields);
}

std::string Json(std::initializer_list<LogField> fields) {
  return FormatLogLine(true, "info", "payment", "charged", fields);
}

TEST(LogLine, ForPeopleStandsInColumns) {
  EXPECT_EQ(Text({}), "info  payment      charged");
  EXPECT_EQ(FormatLogLine(false, "error", "orchestrator", "lost", {{"shard", "3"}}), "error orchestrator lost shard=3");
}

TEST(LogLine, ForProgramsIsTheInsideOfAnObject) {
  EXPECT_EQ(Json({{"order_id", "7"}}), R"("level":"info","service":"payment","msg":"charged","order_id":"7")");
}

TEST(LogLine, AFieldWithoutAValueIsLeftOut) {
  EXPECT_EQ(Text({{"reason", ""}, {"order_id", "7"}}), "info  payment      charged order_id=7");
  EXPECT_EQ(Json({{"reason", ""}}), R"("level":"info","service":"payment","msg":"charged")");
}

TEST(LogLine, AValueThatWouldNotBeOneWordIsQuoted) {
  EXPECT_EQ(Text({{"why", "card declined"}}), R"(info  payment      charged why="card declined")");
  for (const char* text : {"a=b", "a\"b", "a\\b", "a\tb"}) {
    EXPECT_NE(Text({{"why", text}}).find("why=\""), std::string::npos) << text;
  }
}

TEST(LogLine, NoValueBeginsALineOfItsOwnOrCommandsATerminal) {
  EXPECT_EQ(Text({{"why", "a\nb\r\nc\x1b[31m"}}), "info  payment      charged why=\"a b  c [31m\"");
  EXPECT_EQ(Json({{"why", "a\n\x7f"}}), R"("level":"info","service":"payment","msg":"charged","why":"a  ")");
}

TEST(LogLine, ALineIsUtf8AndBoundedWhateverAValueHolds) {
  EXPECT_EQ(Text({{"why", "\xd1\x8f\xd1"}}), "info  payment      charged why=\u044f?");
  EXPECT_LT(Json({{"why", std::string(1 << 20, 'x')}}).size(), 10'000U);
}

TEST(LogLine, JsonStaysJsonWhateverAValueHolds) {
  EXPECT_EQ(Json({{"why", R"(","level":"error)"}}),
            R"("level":"info","service":"payment","msg":"charged","why":"\",\"level\":\"error")");
}

TEST(Logging, AnUnknownLevelOrFormatIsNamed) {
  EXPECT_EQ(ViolationsOf(InitLogging({"payment", "loud", "text"})),
            (std::vector<FieldViolation>{{"log_level", "must be debug, info, warn or error"}}));
  EXPECT_EQ(ViolationsOf(InitLogging({"payment", "info", "xml"})),
            (std::vector<FieldViolation>{{"log_format", "must be text or json"}}));
}

}  // namespace
}  // namespace ordersaga

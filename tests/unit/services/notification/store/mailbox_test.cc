// Names of mail files: a key must never overwrite another key's mail.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "services/notification/store/mailbox_sender.h"

namespace ordersaga::notification {
namespace {

constexpr char kId[] = "018f0000-0000-7003-8000-00000000002a";

TEST(FileNameOfTest, ASagasMailIsNamedAfterItsOrder) {
  EXPECT_EQ(FileNameOf(fmt::format("{}/notification/action", kId)), fmt::format("{}-notification-action.eml", kId));
}

TEST(FileNameOfTest, AnyOtherKeyCanBeReadFromTheName) {
  EXPECT_EQ(FileNameOf("reminder-7"), "key-reminder-7.eml");
  EXPECT_EQ(FileNameOf("a/b"), "key-a_2fb.eml");
}

TEST(FileNameOfTest, NoTwoKeysShareAFile) {
  const std::vector<std::string> keys = {
      fmt::format("{}/notification/action", kId),
      fmt::format("{}-notification-action", kId),
      fmt::format("{}/notification-action", kId),
      fmt::format("key-{}-notification-action", kId),
      "a/b",
      "a-b",
      "a_b",
      "a_2fb",
      "a b",
      "a.b",
      "",
      ".",
      "..",
      std::string("a\0b", 3),
      std::string(120, 'x'),
      std::string(121, 'x'),
      std::string(122, 'x'),
      fmt::format("{:x<120}.", ""),
      std::string(4000, 'x'),
      std::string(4000, '/'),
      fmt::format("{:/<3999}x", ""),
  };
  std::set<std::string> names;
  for (const std::string& key : keys) {
    const std::string name = FileNameOf(key);
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(name, FileNameOf(key));
    EXPECT_LE(name.size(), 200u) << name;
    EXPECT_EQ(name.find('/'), std::string::npos) << name;
    EXPECT_TRUE(name.ends_with(".eml")) << name;
    EXPECT_FALSE(name.starts_with(".")) << name;
  }
}

}  // namespace
}  // namespace ordersaga::notification

// What may be assumed instead of read, and what gives a wrong assumption away.
#include "platform/participant/core/assume.h"

#include <gtest/gtest.h>

#include "tests/unit/platform/participant/moment.h"

namespace ordersaga::participant {
namespace {

ActionRequest Action(const std::string& key) {
  return {key, "order", "f", std::nullopt};
}
EffectRecord Asked(const std::string& key) {
  return NewRecord(Action(key), kNow);
}
Answered Answer(const std::string& key) {
  return {key, key, Ask::What::kDo, {ProviderReply::Kind::kDone, "id"}, Asked(key)};
}

TEST(AssumeTest, AnActionIsNewAndARecordWhatItWasWhenTheProviderWasAsked) {
  const Request action = Action("new"), answered = Answer("asked");
  const std::optional<Loaded> assumed = Assume({&action, &answered}, kNow);
  ASSERT_TRUE(assumed.has_value());
  EXPECT_EQ(assumed->now, kNow);
  ASSERT_EQ(assumed->records.size(), 1U);
  EXPECT_TRUE(IsStill(assumed->records.at("asked"), Asked("asked")));
}

TEST(AssumeTest, AllElseMustBeRead) {
  const Request plain = Action("new");
  Answered forgotten = Answer("asked");
  forgotten.asked.reset();
  Answered of_a_part = Answer("part");
  of_a_part.lock_key = "whole";
  ActionRequest part = Action("part");
  part.lock_key = "whole";
  const std::vector<Request> others = {part, CompensationRequest{"undo", "key", "order", std::nullopt}, forgotten,
                                       of_a_part, Resume{"key", "key"}};
  for (const Request& other : others) {
    EXPECT_FALSE(Assume({&plain, &other}, kNow).has_value()) << other.index();
  }
}

TEST(AssumeTest, WhoeverHasWrittenMeanwhileIsNoticed) {
  const EffectRecord before = Asked("key");
  EffectRecord settled = before, undoing = before, counted = before;
  settled.state = EffectState::kApplied;
  undoing.undo_requested = true;
  counted.updated_at += absl::Microseconds(1);
  EXPECT_TRUE(IsStill(before, before));
  EXPECT_FALSE(IsStill(settled, before));
  EXPECT_FALSE(IsStill(undoing, before));
  EXPECT_FALSE(IsStill(counted, before));
}

}  // namespace
}  // namespace ordersaga::participant

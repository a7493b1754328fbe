#include "orchestrator/api/examination.h"

#include <gmock/gmock.h>

namespace ordersaga::orchestrator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

Examined Healthy() {
  Examined examined;
  examined.now = kNow;
  examined.owners = {{0, "a", "a:1", kNow + absl::Seconds(3)}, {1, "b", "b:1", kNow + absl::Seconds(3)}};
  examined.certificate_ends = kNow + absl::Hours(24 * 90);
  return examined;
}

std::vector<std::string> Whats(const Examined& examined) {
  std::vector<std::string> whats;
  for (const auto& finding : Examine(examined).found) {
    EXPECT_FALSE(finding.remedy.empty()) << finding.what;
    whats.push_back((finding.bad ? "bad: " : "look: ") + finding.what);
  }
  return whats;
}

TEST(ExaminationTest, NothingIsFoundWhereNothingIsWrong) {
  EXPECT_THAT(Whats(Healthy()), IsEmpty());
  EXPECT_GT(Examine(Healthy()).examined, 10);
}

TEST(ExaminationTest, EachThingThatIsWrongIsOneFinding) {
  const std::vector<std::pair<void (*)(Examined&), const char*>> cases = {
      {[](Examined& e) { e.schema = absl::FailedPreconditionError("a step is missing"); },
       "bad: the database is not as"},
      {[](Examined& e) { e.ready = absl::UnavailableError("leases failed"); },
       "bad: it takes no orders: leases failed"},
      {[](Examined& e) { e.database = absl::UnavailableError("gone"); }, "bad: the database does not answer: gone"},
      {[](Examined& e) { e.database->fsync = false; }, "bad: PostgreSQL runs with fsync = off"},
      {[](Examined& e) { e.database->full_page_writes = false; }, "bad: PostgreSQL runs with full_page_writes = off"},
      {[](Examined& e) { e.database->synchronous_commit = false; },
       "bad: PostgreSQL runs with synchronous_commit = off"},
      {[](Examined& e) { e.database->superuser = true; }, "look: the role"},
      {[](Examined& e) { e.clock_offset = absl::Seconds(-90); }, "look: the database's clock has jumped by -1m30s"},
      {[](Examined& e) { e.owners[1].lease_until = kNow - absl::Seconds(1); }, "bad: 1 of 2 shards have no owner"},
      {[](Examined& e) { e.unreachable = {"payment"}; }, "bad: payment cannot be reached"},
      {[](Examined& e) {
         e.holds = {{"payment", kNow - absl::Hours(2), {}, "olga", "down"}};
       },
       "look: payment is on hold since 2h, as said by olga: down (for long)"},
      {[](Examined& e) { e.parked = 3; }, "look: 3 sagas wait for a person"},
      {[](Examined& e) { e.broker = absl::UnavailableError("no route"); }, "look: RabbitMQ takes no events: no route"},
      {[](Examined& e) { e.oldest_unpublished = kNow - absl::Minutes(5); }, "look: events are published 5m late"},
      {[](Examined& e) { e.events_held = 2; }, "look: 2 events are held back"},
      {[](Examined& e) { e.log_key = false; }, "look: the operator log's chain has no key"},
      {[](Examined& e) { e.certificate_ends = kNow + absl::Hours(24); }, "look: its certificate expires in 24h"},
      {[](Examined& e) { e.certificate_ends = kNow - absl::Hours(1); }, "bad: its certificate has expired"},
  };
  for (const auto& [spoil, what] : cases) {
    Examined examined = Healthy();
    spoil(examined);
    EXPECT_THAT(Whats(examined), ElementsAre(HasSubstr(what)));
  }
}

TEST(ExaminationTest, TheBadComesFirst) {
  Examined examined = Healthy();
  examined.parked = 1;
  examined.unreachable = {"inventory"};
  EXPECT_THAT(Whats(examined), ElementsAre(HasSubstr("inventory"), HasSubstr("1 sagas")));
}

}  // namespace
}  // namespace ordersaga::orchestrator

// Which replica is asked: the rule by itself, and with real servers that become unable, end, and come back.
#include "platform/rpc/replicas.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "platform/base/clock.h"
#include "platform/rpc/server.h"
#include "tests/unit/platform/rpc/await.h"

namespace ordersaga::rpc {
namespace {

constexpr Standing kWell{Health::kWell, false, false};
constexpr Standing kAsked{Health::kWell, false, true};
constexpr Standing kSilent{Health::kWell, true, true};
constexpr Standing kUnable{Health::kUnable, false, false};
constexpr Standing kAway{Health::kAway, false, false};

TEST(Best, InThisOrder) {
  const std::vector<Standing> all = {kAway, kUnable, kSilent, kAsked, kWell};
  for (std::size_t count = all.size(); count > 0; --count) {
    for (std::uint64_t turn = 0; turn < 3; ++turn) {
      EXPECT_EQ(Best(absl::MakeSpan(all.data(), count), turn), count - 1);
    }
  }
}

TEST(Best, EqualsTakeTurns) {
  const std::vector<Standing> some = {kWell, kAway, kWell, kAsked, kWell};
  std::vector<std::size_t> picked;
  for (std::uint64_t turn = 0; turn < 6; ++turn) picked.push_back(Best(some, turn));
  EXPECT_EQ(picked, (std::vector<std::size_t>{0, 2, 4, 0, 2, 4})) << "none of them twice as often for one that is away";
}

// A server without services of its own: health is enough.
class Process {
 public:
  explicit Process(std::string host = "127.0.0.1", int port = 0)
      : host_(std::move(host)),
        server_(
            {.address = HostPort(host_, port), .drain = absl::Seconds(20), .ready = [this] { return ready_.load(); }},
            {}) {
    EXPECT_TRUE(server_.Start().ok());
  }
  std::string address() const { return HostPort(host_, server_.port()); }
  int port() const { return server_.port(); }
  void set_ready(bool ready) { ready_ = ready; }
  void Stop() { server_.Stop(); }

 private:
  const std::string host_;
  std::atomic<bool> ready_{true};
  RpcServer server_;
};

// Those that ten requests meet with this health.
std::set<std::string> Picked(const Replicas& replicas, Health health = Health::kWell) {
  std::set<std::string> targets;
  for (int i = 0; i < 10; ++i) {
    const Choice choice = replicas.Pick();
    if (choice.standing.health == health) targets.insert(choice.replica->target());
  }
  return targets;
}

std::string Target(const Process& process) {
  return "ipv4:" + process.address();
}

TEST(ReplicasTest, OneThatIsUnableIsLeftOutUntilItIsWellAgain) {
  Process one;
  Process other;
  const Replicas replicas(one.address() + "," + other.address());
  const std::set<std::string> both = {Target(one), Target(other)};
  Await([&] { return Picked(replicas) == both; }, "both in turn");
  one.set_ready(false);
  Await([&] { return Picked(replicas) == std::set{Target(other)}; }, "only the one that is well");
  EXPECT_FALSE(replicas.Pick().another);
  other.set_ready(false);
  Await([&] { return Picked(replicas, Health::kUnable) == both; }, "both, as none is well");
  EXPECT_TRUE(replicas.Reachable());
  one.set_ready(true);
  Await([&] { return Picked(replicas) == std::set{Target(one)}; }, "the one that is well again");
}

TEST(ReplicasTest, OneThatEndsIsLeftOutAtOnceAndItsEndWaitsForNobody) {
  auto one = std::make_unique<Process>();
  Process other;
  const Replicas replicas(one->address() + "," + other.address());
  const std::set<std::string> both = {Target(*one), Target(other)};
  Await([&] { return Picked(replicas) == both; }, "both in turn");
  const int port = one->port();
  const absl::Duration began = SystemClock().Monotonic();
  one->Stop();
  EXPECT_LT(SystemClock().Monotonic() - began, absl::Seconds(10)) << "our health stream kept the server from ending";
  Await([&] { return Picked(replicas) == std::set{Target(other)}; }, "only the one that is there");
  one = std::make_unique<Process>("127.0.0.1", port);
  Await([&] { return Picked(replicas) == both; }, "both again");
}

TEST(ReplicasTest, ARequestMeetsEachOneAndComesBackToThoseThatAnswered) {
  Process one;
  Process two;
  Process three;
  const Replicas replicas(fmt::format("{},{},{}", one.address(), two.address(), three.address()));
  Await([&] { return Picked(replicas).size() == 3; }, "all in turn");
  std::vector<Asked> asked;
  std::set<const Replica*> met;
  for (int i = 0; i < 3; ++i) {
    const Choice choice = replicas.Pick(asked);
    EXPECT_FALSE(choice.standing.asked);
    EXPECT_EQ(choice.another, i < 2) << "the others have been silent";
    met.insert(choice.replica.get());
    asked.push_back({choice.replica.get(), true});
  }
  EXPECT_EQ(met.size(), 3U);
  asked[1].silent = false;
  EXPECT_EQ(replicas.Pick(asked).replica.get(), asked[1].replica);
}

TEST(ReplicasTest, NobodyThere) {
  const Replicas replicas("127.0.0.1:1");
  const Choice choice = replicas.Pick();
  ASSERT_NE(choice.replica, nullptr);
  EXPECT_EQ(choice.standing.health, Health::kAway);
  EXPECT_FALSE(replicas.Reachable());
}

TEST(ReplicasTest, AnIpv6Address) {
  Process process("::1");
  const Replicas replicas(process.address());
  Await([&] { return replicas.Pick().standing.health == Health::kWell; }, "a connection");
  EXPECT_EQ(replicas.Pick().replica->target(), "ipv6:" + process.address());
}

TEST(ReplicasTest, ANameBecomesItsAddresses) {
  Process process;
  const Replicas replicas(fmt::format("localhost:{}", process.port()));
  Await([&] { return replicas.Pick().replica->target() == Target(process); }, "the address of localhost");
  Await([&] { return replicas.Pick().standing.health == Health::kWell; }, "a connection");
}

TEST(ReplicasTest, ANameThatCannotBeResolvedIsNoReasonToFall) {
  const Replicas replicas("no-such-name.invalid:50050");
  EXPECT_EQ(replicas.Pick().replica->target(), "dns:///no-such-name.invalid:50050");
}

TEST(ReplicasTest, AProgramThatAsksAndGoesGetsOneThatIsWell) {
  Process well;
  Process unable;
  unable.set_ready(false);
  for (int i = 0; i < 4; ++i) {
    const auto channel = ChannelToOne(fmt::format("127.0.0.1:1,{},{}", unable.address(), well.address()));
    EXPECT_EQ(channel->GetState(true), GRPC_CHANNEL_READY);
  }
}

}  // namespace
}  // namespace ordersaga::rpc

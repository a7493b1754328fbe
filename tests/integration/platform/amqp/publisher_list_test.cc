// ConfirmedPublisher with several brokers to choose from, and with one that refuses.
#include "tests/integration/platform/amqp/publisher_fixture.h"

namespace ordersaga::amqp {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

using PublisherListTest = PublisherTest;

TEST_F(PublisherListTest, AFullQueueThatRejectsMakesRefusalsAndTheNextConnection) {
  PublisherOptions options = Options();
  options.least_stay = absl::Hours(1);
  ConfirmedPublisher publisher(options, clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "#");
  PublishUntilConfirmed(publisher);
  const std::string queue = subscriber_.BindFullQueue(exchange_);
  PublishSome(publisher, 3);
  EXPECT_THAT(answers_.Take(3), UnorderedElementsAre(Outcome::kConfirmed, Outcome::kRefused, Outcome::kRefused))
      << "nothing is lost by leaving";
  PublishSome(publisher, 1);
  EXPECT_THAT(answers_.Take(1), ElementsAre(Outcome::kRefused));
  EXPECT_EQ(publisher.connects(), 2);
  PublishSome(publisher, 20);
  EXPECT_THAT(answers_.Take(20), Each(Outcome::kRefused));
  EXPECT_EQ(publisher.connects(), 2) << "not again so soon";
  EXPECT_TRUE(publisher.connected());
  subscriber_.DeleteQueue(queue);
  EXPECT_EQ(PublishUntilConfirmed(publisher), 0);
}

TEST_F(PublisherListTest, ARefusalGoesToTheNextOfTheList) {
  TcpGate other(broker_.host, broker_.port);
  PublisherOptions options = Options();
  options.url += "," + UrlAt(other.port());
  options.least_stay = absl::Hours(1);
  ConfirmedPublisher publisher(options, clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "#");
  PublishUntilConfirmed(publisher);
  const std::string queue = subscriber_.BindFullQueue(exchange_);
  PublishSome(publisher, 3);
  answers_.Take(3);
  subscriber_.DeleteQueue(queue);
  gate_.SetClosed(true);  // the first can be neither used nor reached
  EXPECT_EQ(PublishUntilConfirmed(publisher), 0);
  EXPECT_EQ(publisher.connects(), 2);
}

TEST_F(PublisherListTest, TheNextOfAListIsTakenWithoutAWaitAndAllAreTriedAgain) {
  TcpGate other(broker_.host, broker_.port);
  PublisherOptions options = Options();
  options.reconnect = {.initial = absl::Hours(1), .cap = absl::Hours(1)};  // would be met after a whole round only
  options.url += "," + UrlAt(other.port());
  gate_.SetClosed(true);
  ConfirmedPublisher publisher(options, clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "#");
  PublishUntilConfirmed(publisher);
  EXPECT_EQ(publisher.connects(), 1);
}

TEST_F(PublisherListTest, AnyOfAListMayBreakAtAnyTime) {
  TcpGate other(broker_.host, broker_.port);
  PublisherOptions options = Options();
  options.url += "," + UrlAt(other.port());
  ConfirmedPublisher publisher(options, clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "#");
  for (int round = 0; round < 4; ++round) {
    TcpGate& broken = round % 2 == 0 ? gate_ : other;
    PublishUntilConfirmed(publisher);
    broken.SetClosed(true);
    PublishUntilConfirmed(publisher);
    broken.SetClosed(false);
  }
}

}  // namespace
}  // namespace ordersaga::amqp

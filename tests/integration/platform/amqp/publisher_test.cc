// ConfirmedPublisher against a real broker, reached through a gate that can break.
#include "platform/amqp/publisher.h"

#include <iostream>

#include "platform/amqp/subscription.h"
#include "tests/integration/platform/amqp/publisher_fixture.h"

namespace ordersaga::amqp {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST_F(PublisherTest, AConfirmedMessageArrivesWithAllItsProperties) {
  ConfirmedPublisher publisher(Options(), clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "order.*");
  Message message = MessageNumber(7);
  message.correlation_id = "order-7";
  message.type = "order.created";
  message.app_id = "ordersaga";
  message.timestamp = absl::FromUnixSeconds(1714564800);
  message.headers = {{"sequence", std::int64_t{3}}, {"ce-id", "m-7"}};

  publisher.Publish(message, answers_.Next());

  EXPECT_THAT(answers_.Take(1), ElementsAre(Outcome::kConfirmed));
  const auto got = subscriber_.Take(1);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].routing_key, "order.created");
  EXPECT_EQ(got[0].body, "{\"number\":7}");
  EXPECT_EQ(got[0].content_type, "application/json");
  EXPECT_EQ(got[0].message_id, "m-7");
  EXPECT_EQ(got[0].correlation_id, "order-7");
  EXPECT_EQ(got[0].type, "order.created");
  EXPECT_EQ(got[0].app_id, "ordersaga");
  EXPECT_EQ(got[0].timestamp, 1714564800U);
  EXPECT_EQ(got[0].delivery_mode, 2);
  EXPECT_THAT(got[0].header_names, UnorderedElementsAre("sequence", "ce-id"));
}

TEST_F(PublisherTest, AMessageNobodyIsBoundForIsUnroutable) {
  ConfirmedPublisher publisher(Options(), clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  PublishSome(publisher, 500);
  EXPECT_THAT(answers_.Take(500), Each(Outcome::kUnroutable));
}

TEST_F(PublisherTest, TellsRoutableFromUnroutableWhenTheyAreMixed) {
  ConfirmedPublisher publisher(Options(), clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "order.created");
  std::vector<Answers> each(200);
  for (int i = 0; i < 200; ++i) {
    Message message = MessageNumber(i);
    if (i % 3 == 0) message.routing_key = "order.unheard";
    publisher.Publish(message, each[i].Next());
  }
  for (int i = 0; i < 200; ++i) {
    EXPECT_THAT(each[i].Take(1), ElementsAre(i % 3 == 0 ? Outcome::kUnroutable : Outcome::kConfirmed));
  }
}

TEST_F(PublisherTest, ThousandsArriveInOrderAndAreAllConfirmed) {
  constexpr int kCount = 20'000;
  PublisherOptions options = Options();
  options.max_unanswered = kCount;
  options.url = std::getenv("TEST_RABBITMQ_URL");  // NOLINT(concurrency-mt-unsafe) past the gate
  ConfirmedPublisher publisher(options, clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "order.created");
  const absl::Duration start = clock_.Monotonic();
  PublishSome(publisher, kCount);
  EXPECT_THAT(answers_.Take(kCount), ::testing::AllOf(::testing::SizeIs(kCount), Each(Outcome::kConfirmed)));
  const double seconds = absl::ToDoubleSeconds(clock_.Monotonic() - start);
  std::cout << "confirmed messages per second: " << static_cast<int>(kCount / seconds) << "\n";
  const auto got = subscriber_.Take(kCount);
  ASSERT_EQ(got.size(), std::size_t{kCount});
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(got[i].message_id, fmt::format("m-{}", i));
}

TEST_F(PublisherTest, ACutConnectionLosesWhatIsUnconfirmedAndIsMadeAnew) {
  ConfirmedPublisher publisher(Options(), clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "#");
  EXPECT_EQ(PublishUntilConfirmed(publisher), 0);

  gate_.SetFrozen(true);  // confirms stop coming
  PublishSome(publisher, 5);
  gate_.Cut();
  EXPECT_THAT(answers_.Take(5),
              ElementsAre(Outcome::kLost, Outcome::kLost, Outcome::kLost, Outcome::kLost, Outcome::kLost));
  EXPECT_FALSE(publisher.connected());

  gate_.SetFrozen(false);
  PublishUntilConfirmed(publisher);
  EXPECT_TRUE(publisher.connected());
}

TEST_F(PublisherTest, AMissingExchangeLosesTheMessageAndIsDeclaredAgain) {
  ConfirmedPublisher publisher(Options(), clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "#");
  EXPECT_EQ(PublishUntilConfirmed(publisher), 0);

  subscriber_.DeleteExchange(exchange_);
  publisher.Publish(MessageNumber(1), answers_.Next());
  EXPECT_THAT(answers_.Take(1), ElementsAre(Outcome::kLost));

  publisher.Publish(MessageNumber(1), answers_.Next());
  EXPECT_THAT(answers_.Take(1),
              ElementsAre(Outcome::kUnroutable));  // there again, with no bindings
}

TEST_F(PublisherTest, ABrokerThatTakesNothingIsGivenUpAfterTheLimit) {
  PublisherOptions options = Options();
  options.stall_limit = absl::Milliseconds(300);
  options.connect_timeout = absl::Milliseconds(300);
  ConfirmedPublisher publisher(options, clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "#");
  EXPECT_EQ(PublishUntilConfirmed(publisher), 0);

  gate_.SetFrozen(true);
  constexpr int kCount = 40;  // of 1 MB each: more than the sockets between us hold
  for (int i = 0; i < kCount; ++i) {
    Message message = MessageNumber(i);
    message.body.assign(1'000'000, 'x');
    publisher.Publish(message, answers_.Next());
  }
  EXPECT_THAT(answers_.Take(kCount), Each(Outcome::kLost));
  EXPECT_FALSE(publisher.connected());

  gate_.SetFrozen(false);
  gate_.Cut();
  PublishUntilConfirmed(publisher);
}

TEST_F(PublisherTest, WithoutABrokerEveryMessageIsLostAndStartStillSucceeds) {
  PublisherOptions options = Options();
  gate_.SetClosed(true);
  ConfirmedPublisher publisher(options, clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  PublishSome(publisher, 100);
  EXPECT_THAT(answers_.Take(100), Each(Outcome::kLost));
  EXPECT_EQ(publisher.status().code(), absl::StatusCode::kUnavailable);

  gate_.SetClosed(false);
  subscriber_.Bind(exchange_, "#");
  PublishUntilConfirmed(publisher);
}

TEST_F(PublisherTest, WhatIsOverTheBoundIsLost) {
  PublisherOptions options = Options();
  options.max_unanswered = 10;
  options.connect_timeout = absl::Milliseconds(100);
  gate_.SetFrozen(true);  // the connection hangs in the handshake
  ConfirmedPublisher publisher(options, clock_, rng_);
  PublishSome(publisher, 15);
  ASSERT_TRUE(publisher.Start().ok());
  EXPECT_THAT(answers_.Take(15), Each(Outcome::kLost));
  subscriber_.Bind(exchange_, "#");
}

TEST_F(PublisherTest, DrainWaitsForConfirmsAndStopAnswersTheRest) {
  PublisherOptions options = Options();
  options.drain_limit = absl::Milliseconds(50);
  ConfirmedPublisher publisher(options, clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "#");
  PublishUntilConfirmed(publisher);
  gate_.SetFrozen(true);
  PublishSome(publisher, 3);
  publisher.Drain();
  gate_.Cut();
  publisher.Stop();
  EXPECT_THAT(answers_.Take(3), Each(Outcome::kLost));
  publisher.Stop();
  publisher.Publish(MessageNumber(4), answers_.Next());
  EXPECT_THAT(answers_.Take(1), ElementsAre(Outcome::kLost));
}

TEST_F(PublisherTest, AnIdleConnectionIsKeptAliveByHeartbeats) {
  PublisherOptions options = Options();
  options.heartbeat = absl::Seconds(1);
  ConfirmedPublisher publisher(options, clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "#");
  PublishUntilConfirmed(publisher);
  subscriber_.Take(1);
  // The broker drops a peer that is silent for two heartbeats.
  EXPECT_TRUE(subscriber_.Take(1, absl::Seconds(4)).empty());
  EXPECT_TRUE(publisher.connected());
}

TEST_F(PublisherTest, AMessageOverALimitIsUnpublishableAndHarmsNoOther) {
  PublisherOptions options = Options();
  options.max_body = 1000;
  ConfirmedPublisher publisher(options, clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  subscriber_.Bind(exchange_, "#");
  PublishUntilConfirmed(publisher);
  Message large = MessageNumber(1);
  large.body.assign(1001, 'x');
  Message long_id = MessageNumber(2);
  long_id.message_id.assign(256, 'x');
  publisher.Publish(large, answers_.Next());
  publisher.Publish(long_id, answers_.Next());
  publisher.Publish(MessageNumber(3), answers_.Next());
  EXPECT_THAT(answers_.Take(3),
              UnorderedElementsAre(Outcome::kUnpublishable, Outcome::kUnpublishable, Outcome::kConfirmed));
  EXPECT_EQ(publisher.connects(), 1) << "the connection is none the worse for it";
}

TEST_F(PublisherTest, ASubscriptionSeesWhatFitsItsPattern) {
  ConfirmedPublisher publisher(Options(), clock_, rng_);
  ASSERT_TRUE(publisher.Start().ok());
  PublishSome(publisher, 1);
  answers_.Take(1);  // the exchange is there now
  auto subscription = Subscription::Open({.url = broker_, .name = "test"}, {exchange_}, "order.*");
  ASSERT_TRUE(subscription.ok()) << subscription.status();
  Message other = MessageNumber(1);
  other.routing_key = "payment.failed";
  Message fits = MessageNumber(2);
  fits.correlation_id = "order-2";
  fits.headers = {{"ce-id", "m-2"}, {"sequence", std::int64_t{5}}};
  publisher.Publish(other, answers_.Next());
  publisher.Publish(fits, answers_.Next());
  const auto delivery = (*subscription)->Next(absl::Seconds(10));
  ASSERT_TRUE(delivery.ok() && delivery->has_value());
  EXPECT_EQ((*delivery)->exchange, exchange_);
  EXPECT_EQ((*delivery)->routing_key, "order.created");
  EXPECT_EQ((*delivery)->message_id, "m-2");
  EXPECT_EQ((*delivery)->correlation_id, "order-2");
  EXPECT_EQ((*delivery)->body, "{\"number\":2}");
  EXPECT_EQ((*delivery)->sequence, 5);
  const auto none = (*subscription)->Next(absl::Milliseconds(50));
  EXPECT_TRUE(none.ok() && !none->has_value());
}

TEST_F(PublisherTest, RefusesAnUrlThatIsNone) {
  PublisherOptions options = Options();
  for (const std::string& url : {std::string("localhost"), options.url + ",amqp://two:port/"}) {
    options.url = url;
    ConfirmedPublisher publisher(options, clock_, rng_);
    EXPECT_EQ(publisher.Start().code(), absl::StatusCode::kInvalidArgument);
  }
  subscriber_.Bind(exchange_, "#");
}

}  // namespace
}  // namespace ordersaga::amqp

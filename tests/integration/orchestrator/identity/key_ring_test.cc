// Keys as a real database keeps them, and as a ring in memory judges them: what opens, for how long, and what does not.
#include "orchestrator/identity/key_ring.h"

#include <gtest/gtest.h>

#include <atomic>

#include "orchestrator/adapters/pg/database.h"
#include "orchestrator/adapters/pg/key_store_pg.h"
#include "platform/base/error.h"
#include "tests/integration/platform/participant/test_database.h"

namespace ordersaga::orchestrator {
namespace {

using access::ApiKey;
using access::Scope;

// The system's, but that a test may put it forward.
class ShiftedClock final : public Clock {
 public:
  absl::Time Now() const override { return system_.Now() + absl::Milliseconds(shift_ms.load()); }
  absl::Duration Monotonic() const override { return system_.Monotonic() + absl::Milliseconds(shift_ms.load()); }

  std::atomic<std::int64_t> shift_ms{0};

 private:
  SystemClock system_;
};

class KeyRingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!TestDatabase::there()) GTEST_SKIP() << "TEST_DATABASE_URL is not set";
    database_.emplace(OrchestratorMigrations());
    ring_.emplace(database_->options(), clock_);
    ASSERT_TRUE(ring_->Start().ok());
  }

  template <typename Change>
  void Do(Change change) {
    pg::PqxxSession session(database_->options());
    const absl::Status status = session.Run([&](pg::PqxxTx& tx) {
      change(tx);
      return absl::OkStatus();
    });
    ASSERT_TRUE(status.ok()) << status;
    ring_->Refresh();
  }
  ApiKey Made(absl::Duration good_for = absl::InfiniteDuration()) {
    const ApiKey key = access::NewApiKey();
    Do([&](pg::PqxxTx& tx) { CreateKey(tx, key, {"acme", {Scope::kOrdersRead}, "a note", "ann", good_for}); });
    return key;
  }
  absl::StatusCode Judged(const ApiKey& key) { return ring_->Judge(key.text()).status().code(); }
  void Await(const ApiKey& key, absl::StatusCode code) {
    const absl::Time give_up = SystemClock().Now() + absl::Seconds(20);
    while (Judged(key) != code && SystemClock().Now() < give_up) ring_->Refresh();
    EXPECT_EQ(Judged(key), code);
  }

  ShiftedClock clock_;
  std::optional<TestDatabase> database_;
  std::optional<KeyRing> ring_;
};

TEST_F(KeyRingTest, AKeyIsItsClientsWithItsScopes) {
  const ApiKey key = Made();
  Await(key, absl::StatusCode::kOk);
  EXPECT_EQ(*ring_->Judge(key.text()),
            (access::Principal{access::Principal::Kind::kKey, key.id, "acme", {Scope::kOrdersRead}}));
  database_->Await("SELECT count(last_used_at) FROM api_keys", "1");
}

TEST_F(KeyRingTest, TheDatabaseHasNothingThatOpens) {
  const ApiKey key = Made();
  Await(key, absl::StatusCode::kOk);
  EXPECT_EQ(database_->Ask("SELECT count(*) FROM api_keys AS k, api_key_secrets AS s WHERE k::text || s::text LIKE '%" +
                           key.secret + "%'"),
            "0");
  EXPECT_EQ(Judged({key.id, key.hash()}), absl::StatusCode::kUnauthenticated);
}

TEST_F(KeyRingTest, ASecretGoesWithItsOwnIdOnly) {
  const ApiKey one = Made();
  const ApiKey two = Made();
  Await(two, absl::StatusCode::kOk);
  EXPECT_EQ(Judged({one.id, two.secret}), absl::StatusCode::kUnauthenticated);
}

TEST_F(KeyRingTest, BothSecretsAreGoodWhileAKeyIsRotated) {
  const ApiKey old = Made();
  Await(old, absl::StatusCode::kOk);
  const ApiKey fresh = access::NewSecret(old.id);
  Do([&](pg::PqxxTx& tx) { EXPECT_TRUE(RotateKey(tx, fresh, absl::Seconds(60))); });
  Await(fresh, absl::StatusCode::kOk);
  EXPECT_EQ(Judged(old), absl::StatusCode::kOk);
  clock_.shift_ms = 61'000;
  Await(old, absl::StatusCode::kUnauthenticated);
  Await(fresh, absl::StatusCode::kOk);
}

TEST_F(KeyRingTest, WhatIsRevokedOrExpiredOpensNothing) {
  const ApiKey revoked = Made();
  const ApiKey expiring = Made(absl::Seconds(60));
  Await(expiring, absl::StatusCode::kOk);
  Do([&](pg::PqxxTx& tx) {
    EXPECT_TRUE(RevokeKey(tx, revoked.id, "ann"));
    EXPECT_FALSE(RevokeKey(tx, revoked.id, "bob"));
    EXPECT_FALSE(RotateKey(tx, access::NewSecret(revoked.id), absl::Seconds(60)));
  });
  Await(revoked, absl::StatusCode::kUnauthenticated);
  clock_.shift_ms = 61'000;
  Await(expiring, absl::StatusCode::kUnauthenticated);
}

TEST_F(KeyRingTest, WhileTheDatabaseIsAwayKeysGoOnForTwentySeconds) {
  const ApiKey key = Made();
  Await(key, absl::StatusCode::kOk);
  database_->Close();
  clock_.shift_ms = 15'000;
  EXPECT_EQ(Judged(key), absl::StatusCode::kOk);
  clock_.shift_ms = 40'000;
  EXPECT_EQ(Judged(key), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(ring_->Judge(key.text()).status()), "TRY_AGAIN");
  database_->Open();
  Await(key, absl::StatusCode::kOk);
}

TEST_F(KeyRingTest, AListShowsAllButTheSecrets) {
  const ApiKey key = Made(absl::Seconds(60));
  Do([&](pg::PqxxTx& tx) {
    const std::optional<StoredKey> stored = FindKey(tx, key.id);
    ASSERT_TRUE(stored.has_value());
    EXPECT_EQ(stored->client, "acme");
    EXPECT_EQ(stored->note, "a note");
    EXPECT_EQ(stored->created_by, "ann");
    EXPECT_EQ(stored->secrets, 1);
    EXPECT_TRUE(stored->expires_at.has_value());
    EXPECT_FALSE(FindKey(tx, "000000000000").has_value());
    EXPECT_TRUE(RevokeKey(tx, key.id, "ann"));
    EXPECT_TRUE(ListKeys(tx, false).empty());
    EXPECT_EQ(ListKeys(tx, true).size(), 1U);
  });
}

}  // namespace
}  // namespace ordersaga::orchestrator

// What the conformance suite needs of a backend: one database, the stores of as many replicas as a test wants, and
// time.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>

#include "orchestrator/ports/saga_store.h"
#include "orchestrator/ports/shard_store.h"

namespace ordersaga::orchestrator {

constexpr int kShards = 4;
constexpr absl::Duration kLease = absl::Seconds(5);

// One replica's own connections.
struct Stores {
  std::shared_ptr<SagaStore> sagas;
  std::shared_ptr<ShardStore> shards;
};

class World {
 public:
  virtual ~World() = default;

  virtual Stores Open(const std::string& name) = 0;
  // Lets time go by for every lease, by the database's clock.
  virtual void Pass(absl::Duration time) = 0;
  // Empty if there is no such saga.
  virtual std::vector<JournalEntry> JournalOf(const Uuid& id) = 0;
};

struct Backend {
  std::string name;
  std::unique_ptr<World> (*make)();  // with an empty database of kShards shards
};

inline std::ostream& operator<<(std::ostream& out, const Backend& backend) {
  return out << backend.name;
}

// Every test of the suite. Each binary of tests/conformance instantiates it with its backend.
class StoreTest : public ::testing::TestWithParam<Backend> {
 protected:
  StoreTest() : world_(GetParam().make()) {}
  World& world() { return *world_; }

 private:
  const std::unique_ptr<World> world_;
};

// An answer that a store gives on a thread of its own.
template <typename T>
class Answer {
 public:
  std::function<void(T)> Taker() {
    return [promise = promise_](T value) { promise->set_value(std::move(value)); };
  }
  bool ready() const { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  T Get() {
    if (future_.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
      throw std::runtime_error("the store has not answered within 30 s");
    }
    return future_.get();
  }

 private:
  std::shared_ptr<std::promise<T>> promise_ = std::make_shared<std::promise<T>>();
  std::future<T> future_ = promise_->get_future();
};

}  // namespace ordersaga::orchestrator

// The suite over the in-memory store, in time that is moved by hand.
#include "orchestrator/adapters/memory/memory_store.h"
#include "tests/conformance/world.h"

namespace ordersaga::orchestrator {
namespace {

class HandClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1'700'000'000) + elapsed; }
  absl::Duration Monotonic() const override { return elapsed; }
  absl::Duration elapsed;
};

class MemoryWorld final : public World {
 public:
  Stores Open(const std::string&) override {
    auto store = std::make_shared<MemoryStore>(database_, clock_);
    return {store, store};
  }
  void Pass(absl::Duration time) override { clock_.elapsed += time; }
  std::vector<JournalEntry> JournalOf(const Uuid& id) override {
    const auto found = database_.journal.find(id);
    return found == database_.journal.end() ? std::vector<JournalEntry>{} : found->second;
  }

 private:
  HandClock clock_;
  MemoryDatabase database_{kShards};
};

std::unique_ptr<World> Make() {
  return std::make_unique<MemoryWorld>();
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreTest, ::testing::Values(Backend{"memory", Make}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace ordersaga::orchestrator

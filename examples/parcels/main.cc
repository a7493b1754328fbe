// parcels: has one parcel collected, asks the same again, has it brought back, and prints each answer. A participant
// that is called by others has a gRPC server beside (services/inventory/main.cc).
//
//   parcels --database-url postgres://...
#include <fmt/format.h>

#include <future>

#include "parcels.h"
#include "platform/base/error.h"
#include "platform/http/process_options.h"
#include "platform/pg/config.h"
#include "platform/pg/schema.h"
#include "platform/runtime/process.h"

using namespace ordersaga;  // NOLINT(google-build-using-namespace): main only
using participant::Outcome;

namespace {

// Always comes, and at once.
class QuickCourier final : public parcels::Courier {
 public:
  void Collect(const std::string& key, const std::string& address, Done done) override {
    fmt::print("courier: {} is collected at {}\n", key, address);
    done({participant::ProviderReply::Kind::kDone, "number 1"});
  }
  void BringBack(const std::string& key, Done done) override {
    fmt::print("courier: {} is brought back\n", key);
    done({participant::ProviderReply::Kind::kDone, "number 1"});
  }
};

// Asks for something, and waits until it is answered.
template <typename Ask>
Outcome Await(Ask ask) {
  std::promise<Outcome> answered;
  ask([&answered](const Outcome& outcome) { answered.set_value(outcome); });
  Outcome outcome = answered.get_future().get();
  if (!outcome.status.ok()) fmt::print("parcels: {}\n", MessageOf(outcome.status));
  return outcome;
}

}  // namespace

int main(int argc, char** argv) {
  PrepareProcess();
  http::ProcessOptions process;
  process.log.service = "parcels";
  pg::SessionOptions session{"postgres://parcels_db:parcels_db@127.0.0.1:5432/parcels_db", "parcels"};
  Config config("parcels", "Has a parcel collected and brought back.", "Examples:\n  parcels\n");
  http::AddProcessConfig(config, &process);
  pg::AddDatabaseConfig(config, &session, "a PostgreSQL database");
  pg::MigrateSettings migrate;
  pg::AddMigrateConfig(config, &migrate);
  if (const auto code = http::BeginProcess(config, process, argc, argv)) return *code;

  const SystemClock clock;
  const pg::Migrations migrations = parcels::Migrations();
  if (const auto code = pg::RunMigrate(config, migrate, session, migrations, clock)) return *code;
  QuickCourier courier;
  parcels::Parcels effects(courier);
  participant::Participant shipping("shipping", {session}, clock, effects);
  pg::Schema schema(session, migrations, migrate, clock);
  if (!schema.Start().ok() || !shipping.Start().ok()) return 1;

  participant::ActionRequest action;
  action.key = "key-1";
  action.order_id = "order-1";
  SetBody(action, "12 Long Lane");
  for (int times = 0; times < 2; ++times) {
    const Outcome outcome = Await([&](auto done) { shipping.Act(action, absl::InfiniteFuture(), done); });
    fmt::print("answer: {}\n", outcome.action.answer);
  }
  const Outcome undone = Await([&](auto done) {
    shipping.Compensate({"key-1/undo", "key-1", "order-1", {}}, absl::InfiniteFuture(), done);
  });
  fmt::print("undone: {}\n", undone.undone);
  shipping.Stop();
  return undone.undone ? 0 : 1;
}

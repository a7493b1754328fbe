#include "platform/pg/migrate_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "platform/base/error.h"
#include "platform/pg/migrate.h"
#include "platform/pg/migrate_plan.h"
#include "platform/pg/until_answered.h"
#include "platform/runtime/process.h"

namespace ordersaga::pg {
namespace {

// As sagactl's.
constexpr int kUsage = 2;
constexpr int kUnreachable = 5;

int Fail(const std::string& program, const absl::Status& status) {
  fmt::print(stderr, "{}: {}\n", program, MessageOf(status));
  return status.code() == absl::StatusCode::kUnavailable ? kUnreachable : 1;
}

int Plan(const MigrateSettings& settings, const SchemaState& state) {
  fmt::print("{}", settings.output == "json" ? PlanAsJson(state) : PlanAsTable(state, settings.program));
  return 0;
}

// Silent where there is nothing to say: it stands in scripts.
int Check(const MigrateSettings& settings, const SchemaState& state) {
  const std::string& program = settings.program;
  if (const absl::Status status = MayWork(state, program); !status.ok()) return Fail(program, status);
  if (state.missing.empty()) return 0;
  fmt::print(stderr, "{}: {} is to be applied: type `{} migrate --apply`\n", program, state.missing.front().name,
             program);
  return settings.automatic() ? 1 : 0;
}

int Apply(const std::string& program, const SessionOptions& options, const Migrations& migrations, const Clock& clock) {
  TakeSignalsAgain();
  PqxxSession session(ForMigrations(options));
  int applied = 0;
  const auto told = [&](const Migration& migration, absl::Duration took) {
    ++applied;
    fmt::print("{}  {}  {:.3f} s\n", migration.name, Name(migration.kind), absl::ToDoubleSeconds(took));
    std::fflush(stdout);
  };
  const auto waits = [&](const absl::Status& status) {
    fmt::print(stderr, "{}: waiting: {}\n", program, MessageOf(status));
  };
  const absl::Status status = UntilAnswered([&] { return Migrate(session, migrations, clock, told); }, waits);
  if (!status.ok()) return Fail(program, status);
  if (applied == 0) fmt::print("{}: there is nothing to apply\n", program);
  return 0;
}

}  // namespace

void AddMigrateConfig(Config& config, MigrateSettings* settings) {
  settings->program = config.program();
  config.AddWord("migrate", &settings->mode, {"auto", "off"},
                 "auto: brings the database up to date at start; off: leaves that to `migrate --apply`");
  config.AddCommand(
      {.name = "migrate",
       .help = "see or run the steps by which the database comes up to date, and exit",
       .flags = {{"--plan", &settings->plan, "print what would be run"},
                 {"--apply", &settings->apply, "run it; waits for the database, and for who holds its tables"},
                 {"--check", &settings->check, "exit with 0 if the program can work as it is"},
                 {"-o,--output", &settings->output, "of --plan: table (for people) or json"}},
       .examples = fmt::format("Examples:\n  {0} migrate --plan\n  {0} migrate --plan -o json | jq '.steps[].name'\n"
                               "  {0} migrate --apply\n  {0} migrate --check || echo 'not yet'\n\n"
                               "Exit codes: 0 ok, 1 the database does not fit, 2 usage, 5 unreachable.\n"
                               "The settings are the program's: DATABASE_URL, CONFIG_FILE, ...\n",
                               config.program())});
}

std::optional<int> RunMigrate(const Config& config, const MigrateSettings& settings, const SessionOptions& options,
                              const Migrations& migrations, const Clock& clock) {
  if (config.command() != "migrate") return std::nullopt;
  const std::string& program = settings.program;
  if (int{settings.plan} + int{settings.apply} + int{settings.check} != 1) {
    fmt::print(stderr, "{0}: migrate needs one of --plan, --apply and --check; see: {0} migrate --help\n", program);
    return kUsage;
  }
  if (settings.output != "table" && settings.output != "json") {
    fmt::print(stderr, "{}: -o must be table or json\n", program);
    return kUsage;
  }
  if (settings.apply) return Apply(program, options, migrations, clock);
  PqxxSession session(options);
  const absl::StatusOr<SchemaState> state = ReadSchema(session, migrations);
  if (!state.ok()) return Fail(program, state.status());
  return settings.plan ? Plan(settings, *state) : Check(settings, *state);
}

}  // namespace ordersaga::pg

// A statement of sagas.sql has names in braces where columns go. They are filled in once, when the first of them is
// asked for:
//   {all}      shard, id, ... client, ... state        {changing}         phase, ... state
//   {arrays}   $1::smallint[], ... $27::jsonb[]        {changed}          t.phase, ... t.state
//   {columns}  shard, id, ... state, those to be read  {changing_arrays}  $4::text[], ... $18::jsonb[]
#include "orchestrator/adapters/pg/saga_columns.h"

#include <fmt/format.h>

#include <array>

#include "orchestrator/adapters/pg/columns.h"
#include "orchestrator/adapters/pg/row_codec.h"
#include "orchestrator/core/endings.h"
#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

using Writes = std::vector<const SagaWrite*>;

constexpr bool kFixed = false;              // as inserted, for ever
constexpr bool kChanging = true;            // written by every update
constexpr std::size_t kBeforeChanging = 3;  // parameters of `update` that say which row of which version

struct Decoded {
  Saga saga;
  std::shared_ptr<Order> order = std::make_shared<Order>();
  std::string_view ending;  // names a step, which `state` has
};

struct SagaColumn {
  std::string_view name;
  std::string_view type;
  bool changing;
  pg::Array (*write)(const Writes& writes);
  void (*read)(const pg::Field& field, Decoded& into);  // null: it is there to be searched
};

template <auto of>
pg::Array Each(const Writes& writes) {
  return Column(writes, [](const SagaWrite* write) { return of(write->saga); });
}
template <std::string OrderKey::*field>
pg::Array Key(const Writes& writes) {
  return Column(writes, [](const SagaWrite* write) { return std::string_view((*write->create).*field); });
}
template <std::string Order::*field>
std::string_view Text(const Saga& saga) {
  return (*saga.order).*field;
}

struct Attempts {
  int attempts = 0;
  std::string_view last_error;
};

// Of what is being called, or waits to be called again.
Attempts UnderWay(const Saga& saga) {
  if (saga.phase == Phase::kWaiting || saga.finished()) return {};
  const StepRecord& step = saga.steps[saga.step];
  return {step.attempts(), step.last_error};
}

// Read in this order: `lines` and `state` need the order's currency, and the ending the steps that are in `state`.
constexpr std::array kColumns = {
    SagaColumn{"shard", "smallint", kFixed, Each<[](const Saga& s) { return Smallint(s.id().shard()); }>,
               [](const pg::Field& /*part of the id*/, Decoded& /*into*/) {}},
    SagaColumn{"id", "uuid", kFixed, Each<[](const Saga& s) { return s.id(); }>,
               [](const pg::Field& f, Decoded& into) { into.order->id = Known(Uuid::Parse(f.view()), f.view()); }},
    SagaColumn{"definition_version", "integer", kFixed,
               Each<[](const Saga& s) { return std::int32_t{s.definition_version}; }>,
               [](const pg::Field& f, Decoded& into) { into.saga.definition_version = f.as<int>(); }},
    SagaColumn{"client", "text", kFixed, Each<Text<&Order::client>>,
               [](const pg::Field& f, Decoded& into) { into.order->client = f.view(); }},
    SagaColumn{"idempotency_key", "text", kFixed, Key<&OrderKey::key>, nullptr},
    SagaColumn{"fingerprint", "text", kFixed, Key<&OrderKey::fingerprint>, nullptr},
    SagaColumn{"user_email", "text", kFixed, Each<Text<&Order::user_email>>,
               [](const pg::Field& f, Decoded& into) { into.order->user_email = f.view(); }},
    SagaColumn{"total_minor", "bigint", kFixed, Each<[](const Saga& s) { return s.order->total.minor; }>,
               [](const pg::Field& f, Decoded& into) { into.order->total.minor = f.as<std::int64_t>(); }},
    SagaColumn{"currency", "text", kFixed,
               Each<[](const Saga& s) { return std::string_view(s.order->total.currency); }>,
               [](const pg::Field& f, Decoded& into) { into.order->total.currency = f.view(); }},
    SagaColumn{"lines", "jsonb", kFixed, Each<[](const Saga& s) { return pg::Json{EncodeLines(*s.order)}; }>,
               [](const pg::Field& f, Decoded& into) { DecodeLines(f.view(), *into.order); }},
    SagaColumn{"traceparent", "text", kFixed, Each<Text<&Order::traceparent>>,
               [](const pg::Field& f, Decoded& into) { into.order->traceparent = f.view(); }},
    SagaColumn{"created_at", "timestamptz", kFixed, Each<[](const Saga& s) { return s.order->created_at; }>,
               [](const pg::Field& f, Decoded& into) { into.order->created_at = pg::FromPg(f.view()); }},
    SagaColumn{"phase", "text", kChanging, Each<[](const Saga& s) { return Name(s.phase); }>,
               [](const pg::Field& f, Decoded& into) { into.saga.phase = Known(ParsePhase(f.view()), f.view()); }},
    SagaColumn{"step", "smallint", kChanging, Each<[](const Saga& s) { return Smallint(s.step); }>,
               [](const pg::Field& f, Decoded& into) { into.saga.step = f.as<std::size_t>(); }},
    SagaColumn{"status", "text", kChanging, Each<[](const Saga& s) { return Name(s.status); }>,
               [](const pg::Field& f, Decoded& into) { into.saga.status = Known(ParseStatus(f.view()), f.view()); }},
    SagaColumn{"ending", "text", kChanging,
               Each<[](const Saga& s) { return s.ending ? NameOf(*s.ending, s.steps) : std::string(); }>,
               [](const pg::Field& f, Decoded& into) { into.ending = f.view(); }},
    SagaColumn{"reason", "text", kChanging, Each<[](const Saga& s) { return std::string_view(s.reason); }>,
               [](const pg::Field& f, Decoded& into) { into.saga.reason = f.view(); }},
    SagaColumn{"parked", "text", kChanging, Each<[](const Saga& s) { return std::string_view(s.parked); }>,
               [](const pg::Field& f, Decoded& into) { into.saga.parked = f.view(); }},
    SagaColumn{"due_at", "timestamptz", kChanging, Each<[](const Saga& s) { return s.due_at; }>,
               [](const pg::Field& f, Decoded& into) { into.saga.due_at = TimeOf(f); }},
    SagaColumn{"deadline_at", "timestamptz", kChanging, Each<[](const Saga& s) { return s.deadline_at; }>,
               [](const pg::Field& f, Decoded& into) { into.saga.deadline_at = TimeOf(f); }},
    SagaColumn{"updated_at", "timestamptz", kChanging, Each<[](const Saga& s) { return s.updated_at; }>,
               [](const pg::Field& f, Decoded& into) { into.saga.updated_at = pg::FromPg(f.view()); }},
    SagaColumn{"finished_at", "timestamptz", kChanging, Each<[](const Saga& s) { return s.finished_at; }>,
               [](const pg::Field& f, Decoded& into) { into.saga.finished_at = TimeOf(f); }},
    SagaColumn{"version", "bigint", kChanging, Each<[](const Saga& s) { return s.version; }>,
               [](const pg::Field& f, Decoded& into) { into.saga.version = f.as<std::int64_t>(); }},
    SagaColumn{"event_sequence", "bigint", kChanging, Each<[](const Saga& s) { return s.event_sequence; }>,
               [](const pg::Field& f, Decoded& into) { into.saga.event_sequence = f.as<std::int64_t>(); }},
    SagaColumn{"attempts", "integer", kChanging, Each<[](const Saga& s) { return std::int32_t{UnderWay(s).attempts}; }>,
               nullptr},
    SagaColumn{"last_error", "text", kChanging, Each<[](const Saga& s) { return UnderWay(s).last_error; }>, nullptr},
    SagaColumn{"state", "jsonb", kChanging, Each<[](const Saga& s) { return pg::Json{EncodeState(s)}; }>,
               [](const pg::Field& f, Decoded& into) {
                 into.saga.order = std::move(into.order);
                 DecodeState(f.view(), into.saga);
                 if (!into.ending.empty()) {
                   into.saga.ending = Known(ParseEnding(into.ending, into.saga.steps), into.ending);
                 }
               }},
};
static_assert(kColumns[kShardColumn].name == "shard" && kColumns[kIdColumn].name == "id");

std::string Filled(std::string_view sql) {
  std::vector<std::string> all, columns, arrays, changing, changed, changing_arrays;
  for (const SagaColumn& column : kColumns) {
    all.emplace_back(column.name);
    arrays.push_back(fmt::format("${}::{}[]", all.size(), column.type));
    if (column.read != nullptr) columns.emplace_back(column.name);
    if (!column.changing) continue;
    changing.emplace_back(column.name);
    changed.push_back(fmt::format("t.{}", column.name));
    changing_arrays.push_back(fmt::format("${}::{}[]", kBeforeChanging + changing.size(), column.type));
  }
  const auto list = [](const std::vector<std::string>& parts) { return fmt::format("{}", fmt::join(parts, ", ")); };
  return fmt::format(fmt::runtime(sql), fmt::arg("all", list(all)), fmt::arg("columns", list(columns)),
                     fmt::arg("arrays", list(arrays)), fmt::arg("changing", list(changing)),
                     fmt::arg("changed", list(changed)), fmt::arg("changing_arrays", list(changing_arrays)));
}

template <typename Row>
absl::StatusOr<Saga> Decode(const Row& row) {
  try {
    Decoded decoded;
    int number = 0;
    for (const SagaColumn& column : kColumns) {
      if (column.read != nullptr) column.read(row[number++], decoded);
    }
    return std::move(decoded.saga);
  } catch (const std::exception& error) {
    return MakeError(absl::StatusCode::kInternal, "UNREADABLE_ROW", error.what());
  }
}

}  // namespace

const SagaSql& SagasSql() {
  static const SagaSql filled{
      Filled(sql::sagas::insert),    Filled(sql::sagas::update),      Filled(sql::sagas::get),
      Filled(sql::sagas::find),      Filled(sql::sagas::waiting),     Filled(sql::sagas::list),
      Filled(sql::sagas::list_open), Filled(sql::sagas::list_parked), Filled(sql::sagas::audit)};
  return filled;
}

std::vector<pg::Parameter> InsertParameters(const Writes& writes) {
  std::vector<pg::Parameter> parameters;
  for (const SagaColumn& column : kColumns) parameters.push_back(pg::ToParameter(column.write(writes)));
  return parameters;
}

std::vector<pg::Parameter> UpdateParameters(const Writes& writes) {
  const auto version_before = [](const SagaWrite* w) {
    return w->saga.version - static_cast<std::int64_t>(w->journal.size());
  };
  std::vector<pg::Parameter> parameters{pg::ToParameter(kColumns[kShardColumn].write(writes)),
                                        pg::ToParameter(kColumns[kIdColumn].write(writes)),
                                        pg::ToParameter(Column(writes, version_before))};
  for (const SagaColumn& column : kColumns) {
    if (column.changing) parameters.push_back(pg::ToParameter(column.write(writes)));
  }
  return parameters;
}

absl::StatusOr<Saga> DecodeSaga(const pg::Row& row) {
  return Decode(row);
}
absl::StatusOr<Saga> DecodeSaga(const pg::PqxxRow& row) {
  return Decode(row);
}

}  // namespace ordersaga::orchestrator

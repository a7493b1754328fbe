#include <fmt/format.h>

#include <boost/json.hpp>

#include "sagactl/audit.h"
#include "sagactl/table.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kShownForeign = 20;

double RateOf(const AuditResult& result) {
  return result.seconds > 0 ? static_cast<double>(result.orders) / result.seconds : 0;
}

// What this audit cannot say anything about.
std::vector<std::string> NotChecked(const AuditResult& result) {
  std::vector<std::string> notes;
  if (!result.stock_checked) notes.emplace_back("stock per product: only an audit of everything can");
  if (result.without_events > 0) {
    notes.push_back(fmt::format("events of {} orders: too old, they are no longer kept", result.without_events));
  }
  if (result.open > 0) notes.push_back(fmt::format("the endings of {} orders that are still open", result.open));
  if (result.parked > 0) notes.push_back(fmt::format("what becomes of {} sagas that wait for a person", result.parked));
  const auto listed = static_cast<std::int64_t>(result.foreign.size());
  if (result.foreign_count > listed) {
    notes.push_back(fmt::format("{} more effects that no saga asked for", result.foreign_count - listed));
  }
  return notes;
}

// Where they are violations they stand among those.
std::string Listed(const AuditResult& result) {
  std::string text;
  for (std::size_t i = 0; i < std::min(result.foreign.size(), kShownForeign); ++i) {
    const audit::Foreign& foreign = result.foreign[i];
    text += fmt::format("foreign, at {}: {} ({})\n", foreign.service, Printable(foreign.key), Printable(foreign.what));
  }
  const std::int64_t more = result.foreign_count - static_cast<std::int64_t>(kShownForeign);
  return more > 0 ? text + fmt::format("and {} more foreign effects\n", more) : text;
}

}  // namespace

std::string AuditAsTable(const AuditResult& result, bool colored) {
  std::string text;
  if (!result.violations.empty()) {
    Table table({"ORDER", "RULE", "VIOLATION"});
    for (const audit::Violation& violation : result.violations) {
      table.Add({Printable(violation.order_id), Cell(std::string(Name(violation.rule)), Color::kRed),
                 Printable(violation.what)});
    }
    text += table.Render(colored) + "\n";
  }
  if (result.foreign_allowed) text += Listed(result);
  for (const std::string& note : NotChecked(result)) text += "not checked: " + note + "\n";
  return text +
         fmt::format("{} orders, {} effects ({} foreign), {} notices, {} violations, {:.2f} s, {:.0f} orders/s\n",
                     result.orders, result.effects, result.foreign_count, result.notices, result.violations.size(),
                     result.seconds, RateOf(result));
}

std::string AuditAsJson(const AuditResult& result) {
  json::array violations;
  for (const audit::Violation& violation : result.violations) {
    violations.push_back(json::object{{"order_id", Printable(violation.order_id)},
                                      {"rule", std::string(Name(violation.rule))},
                                      {"what", Printable(violation.what)}});
  }
  json::array foreign;
  for (const audit::Foreign& effect : result.foreign) {
    foreign.push_back(json::object{{"service", effect.service},
                                   {"key", Printable(effect.key)},
                                   {"order_id", Printable(effect.order_id)},
                                   {"what", Printable(effect.what)}});
  }
  json::array notes;
  for (const std::string& note : NotChecked(result)) notes.push_back(json::string(note));
  return json::serialize(json::object{{"clean", result.violations.empty()},
                                      {"orders", result.orders},
                                      {"open_orders", result.open},
                                      {"parked_sagas", result.parked},
                                      {"effects", result.effects},
                                      {"notices", result.notices},
                                      {"violations", std::move(violations)},
                                      {"foreign_effects", result.foreign_count},
                                      {"foreign", std::move(foreign)},
                                      {"not_checked", std::move(notes)},
                                      {"seconds", result.seconds},
                                      {"orders_per_second", RateOf(result)}}) +
         "\n";
}

}  // namespace ordersaga::cli

#include <fmt/format.h>

#include "sagactl/render.h"
#include "sagactl/table.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

using saga::v1::Why;

std::string Told(std::string_view name, std::string_view value) {
  return value.empty() ? "" : fmt::format("{:<11}{}\n", name, value);
}

std::string NextOf(const Why& why) {
  if (why.next().empty()) return "nothing comes by itself";
  if (!why.has_next_at()) return Printable(why.next());
  return TimeForPeople(true, why.next_at()) + ": " + Printable(why.next());
}

}  // namespace

std::string WhyAsText(const saga::v1::GetSagaResponse& response, bool colored) {
  const Why& why = response.why();
  const std::string id = Printable(response.saga().id());
  const bool finished = response.saga().phase() == "finished";
  std::string text = Told("Order", id + " is " + Printable(response.saga().status()));
  text +=
      finished ? Told("Reason", Printable(response.saga().reason())) : Told("Waits for", Printable(why.waits_for()));
  text += Told(finished ? "Ended" : "Since", TimeForPeople(why.has_since(), why.since()));
  text += Told("Trouble", Printable(why.trouble()));
  if (!finished) text += Told("Next", NextOf(why));
  Table facts({"STEP", "WHAT IS KNOWN"});
  for (const Why::Fact& fact : why.facts()) facts.Add({Printable(fact.step()), Printable(fact.what())});
  text += "\n" + facts.Render(colored);
  if (!why.verbs().empty()) text += "\nYou can:\n";
  for (const Why::Verb& verb : why.verbs()) {
    // "release payment" is about no single order.
    const std::string target = verb.name().find(' ') == std::string::npos ? " " + id : "";
    const char* more = verb.name() == "settle" ? " --amount '...' --evidence '...'" : "";
    text += fmt::format("  sagactl {}{}{} --reason '...'\n      {}\n", Printable(verb.name()), target, more,
                        Printable(verb.effect()));
  }
  return text;
}

}  // namespace ordersaga::cli

#include "sagactl/verb_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "sagactl/moment.h"
#include "sagactl/output_option.h"

namespace ordersaga::cli {
namespace {

constexpr char kVerbExamples[] = R"(Examples:
  sagactl why 018f2f8e-...                           what is possible, and what it does
  sagactl {0} 018f2f8e-... --reason 'ticket 4711' --dry-run
  sagactl {0} 018f2f8e-... --reason 'ticket 4711'
Exit codes: 4 not possible now, or the order has moved on since --expect.
)";

constexpr char kHoldExamples[] = R"(Examples:
  sagactl hold payment --reason 'the provider is down until noon'
  sagactl participants
  sagactl release payment --reason 'it is up again'
Calls under way are awaited. Orders are accepted and wait; deadlines and budgets stand still for those that do.
)";

constexpr char kSettleExamples[] = R"(Examples:
  sagactl why 018f2f8e-...        what cannot be refunded, and what went wrong
  sagactl settle 018f2f8e-... --amount '50.00 USD' --evidence 'transfer 4711 of 30 Nov' --reason 'card is closed'
Look at the provider first: what it has refunded, and has not said so, would be given back twice.
)";

constexpr char kLogExamples[] = R"(Examples:
  sagactl log                                        what operators did, newest first
  sagactl log --order 018f2f8e-...                   what was done to one order
  sagactl log --since 24h -o json
  sagactl log verify --log-key-file operator-log.key
  sagactl log verify --log-key-file operator-log.key --head 7:12:9f3a...   as the process log said
Exit codes of verify: 0 as it was written, 1 rows were altered, removed or inserted.
)";

// "50.00 USD" in minor units, and its currency.
std::optional<std::pair<std::int64_t, std::string>> ParseAmount(const std::string& text) {
  const std::size_t dot = text.find('.');
  const std::size_t blank = text.find(' ');
  if (dot == std::string::npos || blank != dot + 3 || text.size() != blank + 4 || dot == 0 || dot > 15)
    return std::nullopt;
  const std::string digits = text.substr(0, dot) + text.substr(dot + 1, 2);
  if (digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::pair(std::stoll(digits), text.substr(blank + 1));
}

struct VerbHelp {
  const char* verb;
  const char* help;
};
constexpr VerbHelp kVerbs[] = {
    {"retry", "Give a parked saga back to the engine, or have one that waits try again now"},
    {"pause", "Ask nobody anything more for a saga; its deadline stands still"},
    {"resume", "Let a paused saga go on"},
    {"cancel", "Cancel an order, not as its customer; an answer under way is waited for"},
    {"compensate", "Cancel an order and undo what was done, without waiting for an answer"},
    {"settle", "Close an order whose money you have given back by hand, since it cannot be refunded"},
    {"skip", "Leave undone what remains after the ending, such as telling the customer"},
};

std::string CheckHead(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t last = text.rfind(':');
  const bool fine = first != std::string::npos && first != last && first > 0 && last + 1 < text.size() &&
                    text.find_first_not_of("0123456789:") > last;
  return fine ? "" : "'" + text + "' is no head; write SHARD:NUMBER:MAC as the process log has it";
}

Head ParseHead(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t last = text.rfind(':');
  return {std::stoi(text.substr(0, first)), std::stoll(text.substr(first + 1, last - first - 1)),
          text.substr(last + 1)};
}

}  // namespace

VerbOptions::VerbOptions(CLI::App* app, std::string* output) {
  for (const auto& [verb, help] : kVerbs) {
    CLI::App* command = app->add_subcommand(verb, help);
    command->footer(fmt::format(kVerbExamples, verb));
    command->add_option("id", operate_.id, "the order's id, which is also the saga's")->required();
    command->add_option("--reason", operate_.reason, "why; kept in the saga's journal and in the operator log")
        ->required();
    command->add_option("--expect", operate_.expected_version, "do nothing if the saga is not at this version any more")
        ->check(CLI::PositiveNumber);
    command->add_flag("--dry-run", operate_.dry_run, "only say what it would do to the saga, to money and to stock");
    command->add_flag("--yes", operate_.yes, "do not ask before money moves");
    if (std::string_view(verb) == "settle") AddSettlement(command);
    AddOutput(command, output);
    verbs_.emplace_back(command, verb);
  }
  AddHolds(app, output);
}

void VerbOptions::AddSettlement(CLI::App* command) {
  command->footer(kSettleExamples);
  command->add_option("--amount", amount_, "what was given back, all that is left of the charge: '50.00 USD'")
      ->required()
      ->check([](const std::string& text) {
        return ParseAmount(text).has_value() ? "" : "'" + text + "' is no amount; write it like '50.00 USD'";
      });
  command->add_option("--evidence", operate_.evidence, "where that can be looked up: a bank transfer's number")
      ->required();
}

void VerbOptions::AddHolds(CLI::App* app, std::string* output) {
  hold_app_ = app->add_subcommand("hold", "Ask a participant nothing more, for all orders, until it is released");
  release_app_ = app->add_subcommand("release", "Ask a participant again that was on hold");
  for (CLI::App* command : {hold_app_, release_app_}) {
    command->footer(kHoldExamples);
    command->add_option("participant", hold_.participant, "payment, inventory or notification")->required();
    command->add_option("--reason", hold_.reason, "why; kept in the operator log")->required();
    AddOutput(command, output);
  }
  participants_app_ = app->add_subcommand("participants", "Show whom sagas ask, and who is on hold");
  AddOutput(participants_app_, output);
}

bool VerbOptions::parsed() const {
  if (hold_app_->parsed() || release_app_->parsed() || participants_app_->parsed()) return true;
  return std::any_of(verbs_.begin(), verbs_.end(), [](const auto& verb) { return verb.first->parsed(); });
}

void VerbOptions::MoveTo(Options* options) {
  if (participants_app_->parsed()) {
    options->command = ParticipantsCommand();
    return;
  }
  if (hold_app_->parsed() || release_app_->parsed()) {
    hold_.release = release_app_->parsed();
    options->command = std::move(hold_);
    return;
  }
  for (const auto& [command, verb] : verbs_) {
    if (command->parsed()) operate_.verb = verb;
  }
  if (const std::optional<std::pair<std::int64_t, std::string>> amount = ParseAmount(amount_)) {
    operate_.amount_minor = amount->first;
    operate_.currency = amount->second;
  }
  options->command = std::move(operate_);
}

LogOptions::LogOptions(CLI::App* app, std::string* output)
    : log_app_(app->add_subcommand("log", "Show what operators did, or verify that the log is as it was written")) {
  log_app_->footer(kLogExamples);
  log_app_->fallthrough();
  log_app_->add_option("--order", list_.subject, "only what was done to this order");
  log_app_->add_option("--since", since_, "only from then on: a time, or 1h for an hour ago")->check(CheckMoment);
  log_app_->add_option("--until", until_, "only before then")->check(CheckMoment);
  log_app_->add_option("--limit", list_.limit, "at most this many")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  AddOutput(log_app_, output);
  verify_app_ = log_app_->add_subcommand("verify", "Recompute the chain of every shard");
  verify_app_->footer(kLogExamples);
  verify_app_->add_option(
      "--log-key-file", verify_.key_file,
      "a file with the key of the chain, OPERATOR_LOG_KEY of the orchestrator; or OPERATOR_LOG_KEY_FILE");
  verify_app_
      ->add_option_function<std::vector<std::string>>(
          "--head",
          [this](const auto& heads) {
            for (const auto& head : heads) verify_.heads.push_back(ParseHead(head));
          },
          "a head that was noted earlier, SHARD:NUMBER:MAC; may be repeated")
      ->check(CheckHead);
}

bool LogOptions::parsed() const {
  return log_app_->parsed();
}

void LogOptions::MoveTo(Options* options) {
  if (!since_.empty()) ParseMoment(since_, &list_.since);
  if (!until_.empty()) ParseMoment(until_, &list_.until);
  if (!verify_app_->parsed()) {
    options->command = std::move(list_);
    return;
  }
  options->command = std::move(verify_);
}

}  // namespace ordersaga::cli

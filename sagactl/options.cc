#include "sagactl/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "platform/runtime/version.h"
#include "sagactl/audit.h"
#include "sagactl/event_options.h"
#include "sagactl/key_options.h"
#include "sagactl/output_option.h"
#include "sagactl/text.h"
#include "sagactl/verb_options.h"

namespace ordersaga::cli {
namespace {

constexpr char kExamples[] = R"(Examples:
  sagactl list --open                 what is under way
  sagactl list --parked               what waits for a person
  sagactl count --parked --group-by parked    how many, and why
  sagactl list --status CANCELLED     what was cancelled, newest first
  sagactl why 018f2f8e-...            why is it not finished, and what can I do?
  sagactl show 018f2f8e-...           one order: steps, attempts, errors, journal
  sagactl show 018f2f8e-... -o json | jq .steps
  sagactl retry 018f2f8e-... --reason 'payment is back'    un-parks it
  sagactl cancel 018f2f8e-... --reason 'ticket 4711'       shows what is undone, and asks
  sagactl log                         what operators did
  sagactl doctor                      is anything wrong?
  sagactl audit                       do orders, money, stock and events agree?
  sagactl events tail --routing-key 'payment.*'
  sagactl events --help               look at events, replay them, release held ones
  sagactl keys --help                 API keys of clients and people

Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 4 conflict, 5 unreachable, 6 timeout.
)";

struct Texts {
  std::string timeout = "10s";
  std::string key_file;
  std::string color = "auto";
  std::string output = "table";
};

std::string CheckDuration(const std::string& text) {
  absl::Duration duration;
  const bool fine = absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration();
  return fine ? "" : "'" + text + "' is no duration; write it like 10s, 500ms or 1m";
}

void AddGlobal(CLI::App* app, Options* options, Texts* texts) {
  app->add_option("--address", options->address,
                  "host:port of the orchestrator's gRPC service; any replica, or several: host:port,host:port")
      ->envname("SAGACTL_ADDRESS")
      ->capture_default_str();
  app->add_option("--tls-folder", options->tls_folder,
                  "a folder with ca.crt, to reach programs over TLS, and tls.crt and tls.key if sagactl has its own")
      ->envname("TLS_FOLDER");
  app->add_option("--key-file", texts->key_file, "a file with an API key; or the key itself as SAGACTL_KEY")
      ->envname("SAGACTL_KEY_FILE");
  app->add_option("--by", options->caller, "who asks, where no key proves it")->envname("USER");
  app->add_option("--timeout", texts->timeout, "how long to wait for an answer")
      ->check(CheckDuration)
      ->capture_default_str();
  app->add_option("--color", texts->color, "auto, always or never; NO_COLOR means never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app->set_version_flag("--version", std::string("sagactl ") + kVersionText);
}

// The first word of the file; without one the environment's. Never an argument: everybody on a machine reads those.
bool ReadKey(const std::string& path, std::string* key) {
  if (path.empty()) {
    const char* set = std::getenv("SAGACTL_KEY");  // NOLINT(concurrency-mt-unsafe): one thread
    *key = set == nullptr ? "" : set;
    return true;
  }
  std::ifstream file(path);
  return static_cast<bool>(file >> *key);
}

CLI::App* AddList(CLI::App* app, ListCommand* list, Texts* texts) {
  CLI::App* command = app->add_subcommand("list", "List sagas, newest first");
  command->add_option("--status", list->status, "only orders PENDING, COMPLETED or CANCELLED")
      ->transform(CLI::IsMember({"PENDING", "COMPLETED", "CANCELLED"}, CLI::ignore_case));
  command->add_flag("--open", list->open_only, "only sagas that have not finished");
  command->add_flag("--parked", list->parked_only, "only sagas that wait for a person");
  command->add_option("--user-email", list->user_email, "only this customer's");
  command->add_option("--limit", list->limit, "at most this many")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command
      ->add_option("-o,--output", texts->output, "table (for people), json, jsonl (a saga a line), or name (ids only)")
      ->check(CLI::IsMember({"table", "json", "jsonl", "name"}))
      ->capture_default_str();
  return command;
}

CLI::App* AddCount(CLI::App* app, CountCommand* count, Texts* texts) {
  CLI::App* command = app->add_subcommand("count", "Count sagas that have not finished");
  command->add_option("--group-by", count->group_by, "phase, step, status, parked, reason, error or user-email")
      ->check(CLI::IsMember({"phase", "step", "status", "parked", "reason", "error", "user-email"}));
  command->add_flag("--parked", count->parked_only, "only sagas that wait for a person");
  command->add_option("--user-email", count->user_email, "only this customer's");
  AddOutput(command, &texts->output);
  return command;
}

CLI::App* AddShow(CLI::App* app, ShowCommand* show, Texts* texts) {
  CLI::App* command = app->add_subcommand("show", "Show one saga: phase, steps, journal");
  command->add_option("id", show->id, "the order's id, which is also the saga's")->required();
  AddOutput(command, &texts->output);
  return command;
}

CLI::App* AddWhy(CLI::App* app, WhyCommand* why, Texts* texts) {
  CLI::App* command = app->add_subcommand("why", "Say why an order is not finished, and what can be done");
  command->add_option("id", why->id, "the order's id, which is also the saga's")->required();
  AddOutput(command, &texts->output);
  return command;
}

// CLI11 only says that a command is missing when it met one that it does not know.
std::string WhatIsWrong(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> strangers = app.remaining();
  if (!app.get_subcommands().empty() || strangers.empty()) return error.what();
  return fmt::format(
      "no command '{}'; there are list, count, show, why, retry, pause, resume, cancel, compensate, settle, skip, "
      "hold, "
      "release, "
      "participants, log, doctor, audit, events "
      "and keys",
      Printable(strangers.front()));
}

}  // namespace

std::variant<Options, int> ParseOptions(const std::vector<std::string>& args, const Terminal& terminal) {
  Options options;
  Texts texts;
  ListCommand list;
  CountCommand count;
  ShowCommand show;
  WhyCommand why;
  CLI::App app("Looks at the sagas behind orders, and repairs them.", "sagactl");
  app.footer(kExamples);
  app.require_subcommand(1);
  app.fallthrough();  // global options may follow the command, too
  AddGlobal(&app, &options, &texts);
  const CLI::App* list_app = AddList(&app, &list, &texts);
  const CLI::App* count_app = AddCount(&app, &count, &texts);
  const CLI::App* show_app = AddShow(&app, &show, &texts);
  const CLI::App* why_app = AddWhy(&app, &why, &texts);
  CLI::App* doctor_app = app.add_subcommand("doctor", "Look for what is wrong, and say what to do about it");
  doctor_app->footer("Every orchestrator that --address names is asked. Exit codes: 0 nothing, 1 something was found.");
  AddOutput(doctor_app, &texts.output);
  VerbOptions verbs(&app, &texts.output);
  LogOptions log(&app, &texts.output);
  AuditOptions audit(&app, &texts.output);
  EventOptions events(&app, &options.broker, &texts.output);
  KeyOptions keys(&app, &texts.output);
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));  // it wants them reversed
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, terminal.out, terminal.err);
    terminal.err << "sagactl: " << WhatIsWrong(app, error) << "\nTry: sagactl --help\n";
    return kUsage;
  }
  absl::ParseDuration(texts.timeout, &options.timeout);  // checked above
  if (!ReadKey(texts.key_file, &options.key)) {
    terminal.err << "sagactl: no key can be read from " << Printable(texts.key_file) << "\nTry: sagactl --help\n";
    return kUsage;
  }
  options.colored = texts.color == "auto" ? terminal.colored : texts.color == "always";
  options.json = texts.output == "json";
  if (list_app->parsed()) {
    list.lines = texts.output == "jsonl";
    list.names_only = texts.output == "name";
    options.command = list;
  } else if (count_app->parsed()) {
    options.command = count;
  } else if (show_app->parsed()) {
    options.command = show;
  } else if (why_app->parsed()) {
    options.command = why;
  } else if (doctor_app->parsed()) {
    options.command = DoctorCommand();
  } else if (verbs.parsed()) {
    verbs.MoveTo(&options);
  } else if (log.parsed()) {
    log.MoveTo(&options);
  } else if (audit.parsed()) {
    audit.MoveTo(&options);
  } else if (keys.parsed()) {
    keys.MoveTo(&options);
  } else {
    events.MoveTo(&options);
  }
  return options;
}

}  // namespace ordersaga::cli

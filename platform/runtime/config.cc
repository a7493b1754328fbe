// Every setting knows how to read itself from a text and how to show itself; this file only decides which text wins.
// The sources are applied from the weakest to the strongest, each over the one before: the default, the TOML file, the
// environment (NAME, then the file that NAME_FILE names), the flag. All that is wrong is collected and said at once.
#include "platform/runtime/config.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "absl/strings/numbers.h"
#include "platform/base/error.h"
#include "platform/runtime/address.h"
#include "platform/runtime/version.h"

namespace ordersaga {
namespace {

std::string Upper(std::string name) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::string FlagName(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

// Read in main, before any thread exists.
std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

// The first line of the file, or why there is none.
absl::StatusOr<std::string> FirstLineOf(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  std::string line;
  if (std::getline(file, line)) return line;
  const char* why = errno == 0 ? "it is empty" : std::strerror(errno);  // NOLINT(concurrency-mt-unsafe): main only
  return absl::NotFoundError(fmt::format("{} cannot be read: {}", path, why));
}

// Of arguments nobody knows: flags without their values, and how many others.
std::string Names(const std::vector<std::string>& arguments) {
  std::string names;
  for (const std::string& argument : arguments) {
    const std::string name =
        argument.starts_with("-") ? argument.substr(0, argument.find('=')) : "a value without a flag";
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

void AddTo(CLI::App& app, const Config::Command& command) {
  CLI::App* const added = app.add_subcommand(command.name, command.help)->fallthrough();
  added->footer(command.examples);
  for (const Config::CommandFlag& flag : command.flags) {
    if (bool* const* given = std::get_if<bool*>(&flag.target)) {
      added->add_flag(flag.name, **given, flag.help);
    } else {
      added->add_option(flag.name, *std::get<std::string*>(flag.target), flag.help);
    }
  }
}

std::string Text(const toml::node& node) {
  if (const auto text = node.value<std::string>()) return *text;
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  return out.str();
}

}  // namespace

std::optional<absl::Duration> ParseDurationText(const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration)) return std::nullopt;
  return duration;
}

Config::Config(std::string program, std::string description, std::string examples)
    : program_(std::move(program)), description_(std::move(description)), examples_(std::move(examples)) {}

Config::Option& Config::AddOption(std::string name, std::string help, Hide hide) {
  Option& option = options_.emplace_back();
  option.name = std::move(name);
  option.help = std::move(help);
  option.hide = hide;
  return option;
}

void Config::Add(std::string name, std::string* target, std::string help) {
  Option& option = AddOption(std::move(name), std::move(help), Hide::kNothing);
  option.set = [target](const std::string& text) {
    *target = text;
    return std::string();
  };
  option.show = [target] { return *target; };
}

void Config::AddSecret(std::string name, std::string* target, std::string help) {
  Add(std::move(name), target, std::move(help));
  options_.back().hide = Hide::kSecret;
}

void Config::AddUrl(std::string name, std::string* target, const ShowUrl& show, std::string help) {
  Option& option = AddOption(std::move(name), std::move(help), Hide::kInvalid);
  option.set = [target, show](const std::string& text) {
    const absl::StatusOr<std::string> shown = show(text);
    if (!shown.ok()) return MessageOf(shown.status());
    *target = text;
    return std::string();
  };
  option.show = [target, show] { return *show(*target); };
}

void Config::AddAddresses(std::string name, std::string* target, std::string help) {
  Add(std::move(name), target, std::move(help));
  options_.back().set = [target](const std::string& text) {
    const absl::StatusOr<std::vector<Address>> addresses = ParseAddresses(text);
    if (!addresses.ok()) return MessageOf(addresses.status());
    *target = text;
    return std::string();
  };
}

void Config::AddWord(std::string name, std::string* target, std::vector<std::string> words, std::string help) {
  Add(std::move(name), target, std::move(help));
  options_.back().set = [target, words = std::move(words)](const std::string& text) {
    if (std::find(words.begin(), words.end(), text) == words.end()) {
      return fmt::format("must be {}", fmt::join(words, " or "));
    }
    *target = text;
    return std::string();
  };
}

void Config::Add(std::string name, std::int64_t* target, std::int64_t min, std::int64_t max, std::string help) {
  Option& option = AddOption(std::move(name), std::move(help), Hide::kNothing);
  option.set = [=](const std::string& text) {
    std::int64_t value = 0;
    if (!absl::SimpleAtoi(text, &value) || value < min || value > max) {
      return fmt::format("must be a whole number from {} to {}", min, max);
    }
    *target = value;
    return std::string();
  };
  option.show = [target] { return std::to_string(*target); };
}

void Config::Add(std::string name, double* target, double min, double max, std::string help) {
  Option& option = AddOption(std::move(name), std::move(help), Hide::kNothing);
  option.set = [=](const std::string& text) {
    double value = 0;
    if (!absl::SimpleAtod(text, &value) || !(value >= min && value <= max)) {
      return fmt::format("must be a number from {} to {}", min, max);
    }
    *target = value;
    return std::string();
  };
  option.show = [target] { return fmt::format("{}", *target); };
}

void Config::Add(std::string name, bool* target, std::string help) {
  Option& option = AddOption(std::move(name), std::move(help), Hide::kNothing);
  option.set = [=](const std::string& text) {
    return absl::SimpleAtob(text, target) ? std::string() : std::string("must be true or false");
  };
  option.show = [target] { return std::string(*target ? "true" : "false"); };
}

void Config::Add(std::string name, absl::Duration* target, absl::Duration min, absl::Duration max, std::string help) {
  Option& option = AddOption(std::move(name), std::move(help), Hide::kNothing);
  option.set = [=](const std::string& text) {
    const std::optional<absl::Duration> value = ParseDurationText(text);
    if (!value.has_value() || *value < min || *value > max) {
      return fmt::format("must be a duration from {} to {}, such as 500ms, 2s or 15m", absl::FormatDuration(min),
                         absl::FormatDuration(max));
    }
    *target = *value;
    return std::string();
  };
  option.show = [target] { return absl::FormatDuration(*target); };
}

void Config::Apply(Option& option, const std::string& text, const std::string& origin,
                   std::vector<std::string>& problems) {
  const std::string problem = option.set(text);
  if (problem.empty()) {
    option.origin = origin;
    return;
  }
  const std::string shown = option.hide == Hide::kNothing ? fmt::format(" (is \"{}\")", text) : "";
  problems.push_back(fmt::format("{}, from {}: {}{}", option.name, origin, problem, shown));
}

void Config::ReadFile(const std::string& path, std::vector<std::string>& problems) {
  try {
    const toml::table table = toml::parse_file(path);
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      const auto found =
          std::find_if(options_.begin(), options_.end(), [&](const Option& option) { return option.name == name; });
      if (found == options_.end()) {
        problems.push_back(fmt::format("{}, from {}: there is no such setting", name, path));
        continue;
      }
      Apply(*found, Text(node), path, problems);
    }
  } catch (const toml::parse_error& error) {
    problems.push_back(fmt::format("{}: {}", path, error.description()));
  }
}

void Config::ReadEnvironment(std::vector<std::string>& problems) {
  for (Option& option : options_) {
    const std::string name = Upper(option.name);
    if (const auto text = Environment(name)) Apply(option, *text, "environment " + name, problems);
    const auto path = option.hide == Hide::kNothing ? std::nullopt : Environment(name + "_FILE");
    if (!path.has_value()) continue;
    if (const auto line = FirstLineOf(*path); line.ok()) {
      Apply(option, *line, *path, problems);
    } else {
      problems.push_back(fmt::format("{}_FILE: {}", name, MessageOf(line.status())));
    }
  }
}

void Config::Print() const {
  for (const Option& option : options_) {
    std::string value = option.show();
    if (option.hide == Hide::kSecret && !value.empty()) value = "***";
    std::cout << fmt::format("{} = \"{}\"  # {}\n", option.name, value, option.origin);
  }
}

std::optional<int> Config::Load(int argc, char** argv) {
  CLI::App app{description_, program_};
  app.footer(examples_ +
             "\nEvery setting can also come from the environment (--server-port: "
             "SERVER_PORT) or from the TOML file of --config (server_port).");
  app.set_version_flag("--version", std::string(program_) + " " + kVersionText);
  std::map<std::string, std::string> flags;
  for (const Option& option : options_) {
    app.add_option(FlagName(option.name), flags[option.name],
                   fmt::format("{} [{}]", option.help, option.hide == Hide::kNothing ? option.show() : "secret"));
  }
  for (const Command& command : commands_) AddTo(app, command);
  app.require_subcommand(0, 1);
  std::string file;
  bool print = false;
  app.add_option("--config", file, "a TOML file with settings (or CONFIG_FILE)");
  app.add_flag("--print-config", print, "show every setting and where it came from, and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ExtrasError&) {
    // CLI11 would repeat all of it, and it may be a mistyped flag with a password.
    std::cerr << fmt::format("{}: there is no such argument: {}; --help shows all\n", program_, Names(app.remaining()));
    return 2;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  command_ = app.get_subcommands().empty() ? "" : app.get_subcommands().front()->get_name();
  std::vector<std::string> problems;
  if (file.empty()) file = Environment("CONFIG_FILE").value_or("");
  if (!file.empty()) ReadFile(file, problems);
  ReadEnvironment(problems);
  for (Option& option : options_) {
    const std::string flag = FlagName(option.name);
    if (app.count(flag) > 0) Apply(option, flags[option.name], "flag " + flag, problems);
  }
  for (const std::string& problem : problems) {
    std::cerr << fmt::format("{}: {}\n", program_, problem);
  }
  if (!problems.empty()) return 2;
  if (!print) return std::nullopt;
  Print();
  return 0;
}

}  // namespace ordersaga

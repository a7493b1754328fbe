#include "platform/runtime/config.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdlib>
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

std::optional<std::string> FirstLineOf(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
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

std::string HidePassword(std::string text) {
  for (std::size_t at = text.find("://"); at != std::string::npos; at = text.find("://", at)) {
    at += 3;
    const std::size_t end = text.find('@', at);
    const std::size_t colon = text.find(':', at);
    if (end == std::string::npos || colon > end) continue;
    text.replace(colon + 1, end - colon - 1, "***");
    at = colon;
  }
  return text;
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
    if (const auto line = FirstLineOf(*path)) {
      Apply(option, *line, *path, problems);
    } else {
      problems.push_back(fmt::format("{}_FILE: {} cannot be read", name, *path));
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
  app.set_version_flag("--version", std::string(program_) + " " + kVersion);
  std::map<std::string, std::string> flags;
  for (const Option& option : options_) {
    app.add_option(FlagName(option.name), flags[option.name],
                   fmt::format("{} [{}]", option.help, option.hide == Hide::kNothing ? option.show() : "secret"));
  }
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

// One configuration scheme for all processes: flag > environment > file > default.
//
//   --payment-latency 2s  >  PAYMENT_LATENCY=2s  >  payment_latency = "2s" in --config FILE  >  the default
//
// Secrets may also come from a file named by <NAME>_FILE. All problems are reported at once. --print-config shows every
// value and where it came from, secrets hidden. Used by main() only, before any thread exists.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ordersaga {

class Config {
 public:
  // `examples` is shown at the end of --help.
  Config(std::string program, std::string description, std::string examples);

  // `name` is snake_case. *target holds the default, and the value after Load.
  void Add(std::string name, std::string* target, std::string help);
  void AddSecret(std::string name, std::string* target, std::string help);
  // A URL that may hold a password. `show` is its parser: the error says what is expected and repeats nothing, the
  // value is the URL as people may see it. Called with the default, too, which must be valid.
  using ShowUrl = std::function<absl::StatusOr<std::string>(const std::string&)>;
  void AddUrl(std::string name, std::string* target, const ShowUrl& show, std::string help);
  // Like Add; one or several addresses, as ParseAddresses takes them.
  void AddAddresses(std::string name, std::string* target, std::string help);
  // Like Add; one of these words.
  void AddWord(std::string name, std::string* target, std::vector<std::string> words, std::string help);
  void Add(std::string name, std::int64_t* target, std::int64_t min, std::int64_t max, std::string help);
  void Add(std::string name, double* target, double min, double max, std::string help);
  void Add(std::string name, bool* target, std::string help);
  void Add(std::string name, absl::Duration* target, absl::Duration min, absl::Duration max, std::string help);

  // A word that may stand among the arguments and asks for something else than to run: `gateway health`. Its flags
  // stand behind it: true if one was given, or the word that follows it. `examples` is shown at the end of its own
  // --help.
  struct CommandFlag {
    std::string name;  // as CLI11 takes it: "--plan", "-o,--output"
    std::variant<bool*, std::string*> target;
    std::string help;
  };
  struct Command {
    std::string name;
    std::string help;
    std::vector<CommandFlag> flags = {};
    std::string examples = {};
  };
  void AddCommand(Command command) { commands_.push_back(std::move(command)); }
  const std::string& program() const { return program_; }
  // Which one was given; empty: none. After Load.
  const std::string& command() const { return command_; }

  // nullopt: go on. Otherwise exit with this code: 0 after --help, --version, --print-config; 2 after errors.
  std::optional<int> Load(int argc, char** argv);

 private:
  enum class Hide {
    kNothing,
    kSecret,
    kInvalid
  };  // kInvalid: `show` hides what it must, but a bad value is not repeated
  struct Option {
    std::string name;
    std::string help;
    Hide hide = Hide::kNothing;
    std::function<std::string(const std::string&)> set;  // an error message, or empty
    std::function<std::string()> show;
    std::string origin = "default";
  };

  Option& AddOption(std::string name, std::string help, Hide hide);
  void Apply(Option& option, const std::string& text, const std::string& origin, std::vector<std::string>& problems);
  void ReadFile(const std::string& path, std::vector<std::string>& problems);
  void ReadEnvironment(std::vector<std::string>& problems);
  void Print() const;

  const std::string program_;
  const std::string description_;
  const std::string examples_;
  std::vector<Option> options_;
  std::vector<Command> commands_;
  std::string command_;
};

// "2s", "500ms", "15m", "1h30m"; nullopt for anything else.
std::optional<absl::Duration> ParseDurationText(const std::string& text);

}  // namespace ordersaga

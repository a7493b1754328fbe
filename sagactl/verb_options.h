// The command lines of the verbs (`sagactl retry ID`, `sagactl pause ID`, ...) and of `sagactl log`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sagactl/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace ordersaga::cli {

// Lives for as long as `app` parses: the parser writes into it.
class VerbOptions {
 public:
  VerbOptions(CLI::App* app, std::string* output);

  bool parsed() const;
  // After parsing: the command that was given.
  void MoveTo(Options* options);

 private:
  void AddHolds(CLI::App* app, std::string* output);
  void AddSettlement(CLI::App* command);

  OperateCommand operate_;
  std::string amount_;
  HoldCommand hold_;
  CLI::App* hold_app_ = nullptr;
  CLI::App* release_app_ = nullptr;
  CLI::App* participants_app_ = nullptr;
  std::vector<std::pair<CLI::App*, std::string>> verbs_;
};

class LogOptions {
 public:
  LogOptions(CLI::App* app, std::string* output);

  bool parsed() const;
  void MoveTo(Options* options);

 private:
  LogCommand list_;
  VerifyLogCommand verify_;
  std::string since_;
  std::string until_;
  CLI::App* log_app_ = nullptr;
  CLI::App* verify_app_ = nullptr;
};

}  // namespace ordersaga::cli

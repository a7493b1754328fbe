// The command line of `sagactl events ...`.
#pragma once

#include <string>

#include "sagactl/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace ordersaga::cli {

// Lives for as long as `app` parses: the parser writes into it.
class EventOptions {
 public:
  EventOptions(CLI::App* app, std::string* broker, std::string* output);

  // After parsing: the command that was given.
  void MoveTo(Options* options);

 private:
  void AddTail(CLI::App* events, std::string* broker, std::string* output);
  void AddReplay(CLI::App* events, std::string* broker, std::string* output);
  void AddHeld(CLI::App* events, std::string* output);
  void AddRelease(CLI::App* events);

  TailCommand tail_;
  ReplayCommand replay_;
  HeldCommand held_;
  ReleaseCommand release_;
  std::string since_;
  std::string until_;
  CLI::App* tail_app_ = nullptr;
  CLI::App* replay_app_ = nullptr;
  CLI::App* held_app_ = nullptr;
};

}  // namespace ordersaga::cli

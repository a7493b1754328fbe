// The command line of `sagactl keys ...`.
#pragma once

#include <string>

#include "sagactl/options.h"

namespace CLI {
class App;
}  // namespace CLI

namespace ordersaga::cli {

// Lives for as long as `app` parses: the parser writes into it.
class KeyOptions {
 public:
  KeyOptions(CLI::App* app, std::string* output);

  bool parsed() const;
  // After parsing: the command that was given.
  void MoveTo(Options* options);

 private:
  void AddCreate(CLI::App* keys, std::string* output);
  void AddList(CLI::App* keys, std::string* output);
  void AddRotate(CLI::App* keys, std::string* output);
  void AddRevoke(CLI::App* keys, std::string* output);

  CreateKeyCommand create_;
  ListKeysCommand list_;
  RotateKeyCommand rotate_;
  RevokeKeyCommand revoke_;
  std::string good_for_;
  std::string grace_ = "24h";
  CLI::App* keys_app_ = nullptr;
  CLI::App* create_app_ = nullptr;
  CLI::App* list_app_ = nullptr;
  CLI::App* rotate_app_ = nullptr;
};

}  // namespace ordersaga::cli

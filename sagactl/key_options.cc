#include "sagactl/key_options.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "sagactl/output_option.h"

namespace ordersaga::cli {
namespace {

constexpr char kKeyExamples[] = R"(Examples:
  sagactl keys create --client acme --scope orders:write --scope orders:read
  sagactl keys create --client ops --scope operate --scope admin --note 'Ann' --expires 720h > ann.key
  sagactl keys list
  sagactl keys rotate 3f2a9c0d1b7e --grace 1h     a second secret; both are good for an hour
  sagactl keys revoke 3f2a9c0d1b7e

Scopes: orders:write, orders:read (its own client's), orders:read:all, console:view, support, finance, operate, admin.
)";

std::string CheckSpan(const std::string& text) {
  absl::Duration duration;
  const bool fine = absl::ParseDuration(text, &duration) && duration >= absl::Seconds(1);
  return fine ? "" : "'" + text + "' is no duration of a second or more; write it like 24h, 90m or 30s";
}

}  // namespace

KeyOptions::KeyOptions(CLI::App* app, std::string* output) {
  keys_app_ = app->add_subcommand("keys", "API keys of clients and people: make, list, rotate, revoke");
  keys_app_->require_subcommand(1);
  keys_app_->fallthrough();
  keys_app_->footer(kKeyExamples);
  AddCreate(keys_app_, output);
  AddList(keys_app_, output);
  AddRotate(keys_app_, output);
  AddRevoke(keys_app_, output);
}

void KeyOptions::AddCreate(CLI::App* keys, std::string* output) {
  create_app_ = keys->add_subcommand("create", "Make a key; its secret is shown this once");
  CLI::Option* client = create_app_->add_option("--client", create_.client, "whose orders the key places and sees");
  CLI::Option* adopt = create_app_->add_flag("--adopt-shared", create_.adopt_shared,
                                             "instead: the client of all orders that were placed without a key");
  client->excludes(adopt);
  create_app_->add_option("--scope", create_.scopes, "what it may do; may be repeated")->required();
  create_app_->add_option("--expires", good_for_, "after so long it is good no longer; default: never")
      ->check(CheckSpan);
  create_app_->add_option("--note", create_.note, "whose it is, what it is for");
  AddOutput(create_app_, output);
}

void KeyOptions::AddList(CLI::App* keys, std::string* output) {
  list_app_ = keys->add_subcommand("list", "Show keys, newest first");
  list_app_->add_flag("--all", list_.all, "revoked ones, too");
  AddOutput(list_app_, output);
}

void KeyOptions::AddRotate(CLI::App* keys, std::string* output) {
  rotate_app_ = keys->add_subcommand("rotate", "Give a key a second secret, and the first an end");
  rotate_app_->add_option("id", rotate_.id, "the key's id")->required();
  rotate_app_->add_option("--grace", grace_, "how long the first one stays good")
      ->check(CheckSpan)
      ->capture_default_str();
  AddOutput(rotate_app_, output);
}

void KeyOptions::AddRevoke(CLI::App* keys, std::string* output) {
  CLI::App* revoke = keys->add_subcommand("revoke", "Refuse a key from now on");
  revoke->add_option("id", revoke_.id, "the key's id")->required();
  AddOutput(revoke, output);
}

bool KeyOptions::parsed() const {
  return keys_app_->parsed();
}

void KeyOptions::MoveTo(Options* options) {
  absl::ParseDuration(grace_, &rotate_.grace);  // checked above
  if (!good_for_.empty()) absl::ParseDuration(good_for_, &create_.good_for);
  if (create_app_->parsed()) {
    options->command = std::move(create_);
  } else if (list_app_->parsed()) {
    options->command = list_;
  } else if (rotate_app_->parsed()) {
    options->command = std::move(rotate_);
  } else {
    options->command = std::move(revoke_);
  }
}

}  // namespace ordersaga::cli

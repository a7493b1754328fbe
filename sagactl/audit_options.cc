#include <CLI/CLI.hpp>

#include "sagactl/audit.h"
#include "sagactl/moment.h"
#include "sagactl/output_option.h"

namespace ordersaga::cli {
namespace {

constexpr char kAuditExamples[] = R"(Examples:
  sagactl audit                          everything, stock included
  sagactl audit --order 018f2f8e-...     one order
  sagactl audit --since 1h -o json       orders of the last hour
  sagactl audit --foreign allow          where people call the services by hand
Checks orders, money, stock, effects, notices and events. Exit codes: 0 clean, 1 violations.
)";

}  // namespace

AuditOptions::AuditOptions(CLI::App* app, std::string* output)
    : app_(app->add_subcommand("audit", "Check that orders, money, stock and events agree, on the running system")) {
  app_->footer(kAuditExamples);
  CLI::Option* order = app_->add_option("--order", command_.order, "only this order");
  app_->add_option("--since", since_, "orders made then or later: a time, or 1h for an hour ago")
      ->check(CheckMoment)
      ->excludes(order);
  app_->add_option("--until", until_, "and before then; default: now")->check(CheckMoment)->excludes(order);
  app_->add_option("--payment", command_.payment, "host:port of payment's gRPC service")
      ->envname("PAYMENT_ADDRESS")
      ->capture_default_str();
  app_->add_option("--inventory", command_.inventory, "host:port of inventory's gRPC service")
      ->envname("INVENTORY_ADDRESS")
      ->capture_default_str();
  app_->add_option("--notification", command_.notification, "host:port of notification's gRPC service")
      ->envname("NOTIFICATION_ADDRESS")
      ->capture_default_str();
  app_->add_option("--foreign", command_.foreign,
                   "effects that no saga asked for: refuse (violations) or allow (listed)")
      ->check(CLI::IsMember({"refuse", "allow"}))
      ->capture_default_str();
  AddOutput(app_, output);
}

bool AuditOptions::parsed() const {
  return app_->parsed();
}

void AuditOptions::MoveTo(Options* options) {
  if (!since_.empty()) ParseMoment(since_, &command_.since);
  if (!until_.empty()) ParseMoment(until_, &command_.until);
  options->command = std::move(command_);
}

}  // namespace ordersaga::cli

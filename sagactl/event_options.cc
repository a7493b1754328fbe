#include "sagactl/event_options.h"

#include <CLI/CLI.hpp>
#include <utility>

#include "sagactl/moment.h"
#include "sagactl/output_option.h"

namespace ordersaga::cli {
namespace {

constexpr char kEventExamples[] = R"(Examples:
  sagactl events tail                                      everything, as it happens
  sagactl events tail --routing-key 'payment.*' -o json    one JSON object a line
  sagactl events replay --order 018f2f8e-... --to-queue my-team.orders
  sagactl events replay --since 1h --to-queue my-team.orders
  sagactl events replay --since 2024-05-01T12:00:00Z --until 2024-05-01T13:00:00Z --to-queue q
  sagactl events held                                      what cannot be published, and why
  sagactl events release 018f2f8e-...                      try an order's held events again now
  sagactl events release 018f2f8e-... --skip 3 --reason '...'   give its event 3 up and go on with 4
)";

void AddBroker(CLI::App* command, std::string* broker) {
  command->add_option("--broker", *broker, "amqp://user:password@host:port/vhost of RabbitMQ; or several, with commas")
      ->envname("RABBITMQ_URL")
      ->capture_default_str();
}

}  // namespace

EventOptions::EventOptions(CLI::App* app, std::string* broker, std::string* output) {
  CLI::App* events = app->add_subcommand("events", "Look at domain events, replay them, release held ones");
  events->require_subcommand(1);
  events->fallthrough();
  events->footer(kEventExamples);
  AddTail(events, broker, output);
  AddReplay(events, broker, output);
  AddHeld(events, output);
  AddRelease(events);
}

void EventOptions::AddTail(CLI::App* events, std::string* broker, std::string* output) {
  tail_app_ = events->add_subcommand("tail", "Show events as they are published, from the broker");
  tail_app_->add_option("--routing-key", tail_.routing_key, "topic pattern: * is one word, # any number")
      ->capture_default_str();
  tail_app_->add_option("--count", tail_.count, "stop after so many events; 0 goes on until interrupted")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000'000}))
      ->capture_default_str();
  AddBroker(tail_app_, broker);
  AddOutput(tail_app_, output);
}

void EventOptions::AddReplay(CLI::App* events, std::string* broker, std::string* output) {
  replay_app_ = events->add_subcommand("replay", "Publish stored events again, to one queue only");
  CLI::Option* order = replay_app_->add_option("--order", replay_.order, "the events of this order");
  CLI::Option* since = replay_app_->add_option("--since", since_, "events from then on: a time, or 1h for an hour ago")
                           ->check(CheckMoment);
  replay_app_->add_option("--until", until_, "events before then; default: now")->check(CheckMoment);
  replay_app_
      ->add_option("--to-queue", replay_.to_queue,
                   "an existing queue; it gets them with their own ids, types and headers, and `replayed` = 1")
      ->required();
  replay_app_->callback([order, since] {
    if (order->count() == 0 && since->count() == 0) {
      throw CLI::ValidationError("say which events: --order ID, or --since TIME [--until TIME]");
    }
  });
  AddBroker(replay_app_, broker);
  AddOutput(replay_app_, output);
}

void EventOptions::AddHeld(CLI::App* events, std::string* output) {
  held_app_ = events->add_subcommand("held", "List events that are held back because they cannot be published");
  AddOutput(held_app_, output);
}

void EventOptions::AddRelease(CLI::App* events) {
  CLI::App* release = events->add_subcommand("release", "Try an order's held events again now");
  release->add_option("id", release_.order, "the order's id")->required();
  CLI::Option* skip =
      release
          ->add_option("--skip", release_.skip,
                       "give the order's first held event up, which has this sequence; subscribers will see a hole")
          ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}));
  CLI::Option* reason = release->add_option("--reason", release_.reason, "why; kept in the operator log");
  skip->needs(reason);
}

void EventOptions::MoveTo(Options* options) {
  if (!since_.empty()) ParseMoment(since_, &replay_.since);
  if (!until_.empty()) ParseMoment(until_, &replay_.until);
  if (tail_app_->parsed()) {
    options->command = std::move(tail_);
  } else if (replay_app_->parsed()) {
    options->command = std::move(replay_);
  } else if (held_app_->parsed()) {
    options->command = held_;
  } else {
    options->command = std::move(release_);
  }
}

}  // namespace ordersaga::cli

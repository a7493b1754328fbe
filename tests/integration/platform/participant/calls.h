// Waiting for the answers of a participant that calls back.
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "platform/base/clock.h"
#include "platform/base/error.h"
#include "platform/participant/shell/participant.h"

namespace ordersaga {

inline participant::ActionRequest Action(const std::string& key, const std::string& order_id = "order-1") {
  participant::ActionRequest action;
  action.key = key;
  action.order_id = order_id;
  return action;
}
inline participant::CompensationRequest Compensation(const std::string& action_key,
                                                     const std::string& order_id = "order-1") {
  return {action_key + "/undo", action_key, order_id, std::nullopt};
}

// Runs `start(done)` and waits for done's argument.
template <typename Start>
participant::Outcome Await(Start start) {
  auto promise = std::make_shared<std::promise<participant::Outcome>>();
  std::future<participant::Outcome> future = promise->get_future();
  start([promise](const participant::Outcome& outcome) { promise->set_value(outcome); });
  if (future.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
    ADD_FAILURE() << "no answer";
    return {};
  }
  return future.get();
}

inline participant::Outcome Act(participant::Participant& to, participant::ActionRequest action, std::string body,
                                absl::Time deadline = absl::InfiniteFuture()) {
  SetBody(action, std::move(body));
  return Await([&](auto done) { to.Act(action, deadline, done); });
}
inline participant::Outcome Compensate(participant::Participant& to, const participant::CompensationRequest& request) {
  return Await([&](auto done) { to.Compensate(request, absl::InfiniteFuture(), done); });
}

// `ask()` from many threads at once; all their answers.
template <typename Ask>
auto AskAtOnce(int threads, Ask ask) {
  std::vector<decltype(ask())> answers(static_cast<std::size_t>(threads));
  std::promise<void> start;
  std::shared_future<void> started = start.get_future().share();
  std::vector<std::thread> running;
  for (auto& answer : answers) {
    running.emplace_back([&answer, started, ask] {
      started.wait();
      answer = ask();
    });
  }
  start.set_value();
  for (std::thread& thread : running) thread.join();
  return answers;
}

}  // namespace ordersaga

#include "orchestrator/adapters/rpc/batch.h"

namespace ordersaga::orchestrator {
namespace {

// A participant takes 256 calls and 256 kB in a message (platform/rpc/batch.h, server.h).
constexpr std::size_t kMaxCalls = 128;
constexpr std::size_t kMaxBytes = 128 * 1024;

// Enough for the fields whose length is bounded, and the lines, which make the difference.
std::size_t BytesOf(const CallRequest& request) {
  std::size_t bytes = 2048 + request.order->user_email.size() + request.message.size();
  for (const OrderLine& line : request.order->lines) bytes += line.item_id.size() + 16;
  return bytes;
}

bool AreAlike(const CallRequest& one, const CallRequest& other) {
  return one.compensation == other.compensation && one.timeout == other.timeout;
}

}  // namespace

std::vector<std::vector<ParticipantCall>> Batches(std::vector<ParticipantCall> calls) {
  std::vector<std::vector<ParticipantCall>> batches;
  std::size_t bytes = 0;
  for (ParticipantCall& call : calls) {
    const std::size_t more = BytesOf(call.request);
    if (batches.empty() || batches.back().size() == kMaxCalls || bytes + more > kMaxBytes ||
        !AreAlike(batches.back().front().request, call.request)) {
      batches.emplace_back();
      bytes = 0;
    }
    batches.back().push_back(std::move(call));
    bytes += more;
  }
  return batches;
}

void Waiting::Answer(int index, CallReply reply) {
  if (index < 0 || static_cast<std::size_t>(index) >= calls_.size()) return;
  if (const auto done = std::exchange(calls_[static_cast<std::size_t>(index)].done, nullptr)) done(std::move(reply));
}

std::vector<ParticipantCall> Waiting::TakeRest() {
  std::vector<ParticipantCall> rest;
  for (ParticipantCall& call : calls_) {
    if (call.done) rest.push_back(std::move(call));
  }
  calls_.clear();
  return rest;
}

}  // namespace ordersaga::orchestrator

#include "platform/http/answer.h"

#include <utility>

#include "platform/http/client_watch.h"
#include "platform/http/no_throw.h"

namespace ordersaga::http {
namespace {

namespace asio = boost::asio;

// Most answers are there sooner, and cost no watch.
constexpr std::chrono::milliseconds kMoment(100);

// What a handler that answers later and the waiting coroutine have in common. Lives in the coroutine's frame: a handler
// may keep its Respond longer than the server lives, so that holds no more than a weak pointer. Belongs to the strand.
struct Waiting {
  explicit Waiting(asio::any_io_executor on) : executor(std::move(on)), done(executor) { done.expires_after(kMoment); }
  void WakeUp() {
    // A time in the past: also a wait that begins later ends at once.
    done.expires_at(asio::steady_timer::time_point::min());
  }
  asio::any_io_executor executor;
  asio::steady_timer done;  // expires when there is news
  std::optional<Response> response;
  bool over = false;  // the response is there, or the client has gone
};

// Nobody hears this answer.
void Drop(Work& work, const std::shared_ptr<ResponseStream>& stream) {
  work.End();
  if (stream != nullptr) stream->End();
}

void Deliver(const std::shared_ptr<Waiting>& waiting, const std::shared_ptr<Work>& work, Response response) {
  asio::post(waiting->executor, [waiting, work, response = std::move(response)]() mutable {
    if (std::exchange(waiting->over, true)) return Drop(*work, response.stream);
    waiting->response = std::move(response);
    waiting->WakeUp();
  });
}

Respond ResponderOf(const std::shared_ptr<Waiting>& waiting, std::shared_ptr<Work> work, std::shared_ptr<Gate> gate) {
  return [weak = std::weak_ptr(waiting), work = std::move(work), gate = std::move(gate)](Response response) {
    const std::shared_ptr<ResponseStream> stream = response.stream;
    bool heard = false;
    gate->Enter([&] {
      const auto found = weak.lock();
      heard = found != nullptr;
      if (heard) Deliver(found, work, std::move(response));
    });
    if (!heard) Drop(*work, stream);
  };
}

// Once the session needs no answer any more, however it ends.
struct Forgetting {
  ~Forgetting() { departure->Forget(); }
  const std::shared_ptr<Departure> departure;
};

}  // namespace

asio::awaitable<std::optional<Response>> Answered(const Handler& handler, std::shared_ptr<Work> work, Connection at,
                                                  unsigned version, std::shared_ptr<Gate> gate) {
  const auto departure = work->request.departure = std::make_shared<Departure>();
  const Forgetting forgetting{departure};
  auto waiting = std::make_shared<Waiting>(co_await asio::this_coro::executor);
  handler(work->request, ResponderOf(waiting, work, std::move(gate)));
  co_await waiting->done.async_wait(kNoThrow);
  if (!waiting->over) {
    waiting->done.expires_at(asio::steady_timer::time_point::max());
    const ClientWatch watch(at.stream, at.buffer, version >= 11, [&waiting = *waiting] {
      if (!std::exchange(waiting.over, true)) waiting.WakeUp();
    });
    co_await waiting->done.async_wait(kNoThrow);
  }
  if (!waiting->response.has_value()) departure->Happen();
  co_return std::move(waiting->response);
}

}  // namespace ordersaga::http

#include "tests/bench/load/customers.h"

#include <fmt/format.h>

#include <string_view>

#include "tests/bench/load/http_client.h"

namespace ordersaga::bench {
namespace {

namespace asio = boost::asio;
constexpr std::size_t kUuid = 36;

// A placed order's answer says order_id, an ended one's says id.
std::string IdIn(const std::string& body) {
  for (const std::string_view name : {"\"order_id\":\"", "\"id\":\""}) {
    const std::size_t at = body.find(name);
    if (at != std::string::npos) return body.substr(at + name.size(), kUuid);
  }
  return {};
}

Moment::duration Seconds(double seconds) {
  return std::chrono::duration_cast<Moment::duration>(std::chrono::duration<double>(seconds));
}

std::string BodyFor(const Plan& plan, std::int64_t n) {
  std::string item = fmt::format("bench-{:03}", n * 7919 % 200);
  std::string email = "bench@example.com";
  const auto place = n % 20;
  if (plan.mix == "hot") item = plan.item;
  if (plan.mix == "failures" && place < 2) email = "decline@card.test";
  if (plan.mix == "failures" && place >= 2 && place < 4) item = "no-such-product";
  if (plan.mix == "seedmix" && place == 0) item = "no-such-product";  // payment itself declines one in twenty
  return fmt::format(R"({{"item_id":"{}","quantity":1,"user_email":"{}"}})", item, email);
}

}  // namespace

std::int64_t CountOf(const Plan& plan) {
  return static_cast<std::int64_t>(plan.rate * (plan.warm + plan.seconds)) +
         static_cast<std::int64_t>(plan.after_rate * plan.after_seconds);
}

double DueAt(const Plan& plan, std::int64_t n) {
  const double due = static_cast<double>(n) / plan.rate;
  const double first = plan.warm + plan.seconds;
  return due < first || plan.after_rate <= 0 ? due : first + (due - first) * plan.rate / plan.after_rate;
}

std::string RequestFor(const Plan& plan, std::int64_t n) {
  const std::string body = BodyFor(plan, n);
  return fmt::format(
      "POST /api/v1/orders HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n{}{}Content-Length: {}\r\n\r\n{}",
      plan.host, plan.serial ? "Prefer: wait=60\r\n" : "",
      plan.key.empty() ? "" : "Authorization: Bearer " + plan.key + "\r\n", body.size(), body);
}

std::shared_ptr<asio::ssl::context> Customers::TlsOf(const Plan& plan) {
  if (plan.authority.empty()) return nullptr;
  auto tls = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  tls->set_verify_mode(asio::ssl::verify_peer);
  tls->load_verify_file(plan.authority);
  return tls;
}

asio::awaitable<void> Customers::Await(Moment moment) {
  asio::steady_timer timer(context_, moment);
  co_await timer.async_wait(kNoThrow);
}

asio::awaitable<void> Customers::Work() {
  HttpClient client(plan_.host, plan_.port, tls_);
  co_await Await(began_);
  while (next_ < CountOf(plan_)) {
    const std::int64_t n = next_++;
    Moment intended = began_ + Seconds(DueAt(plan_, n));
    if (plan_.serial) {
      while (ends_ < n) co_await ended_.async_wait(kNoThrow);
      intended = std::chrono::steady_clock::now();
      if (intended > began_ + Seconds(plan_.warm + plan_.seconds)) co_return;
    } else if (intended > std::chrono::steady_clock::now()) {
      co_await Await(intended);
    }
    last_intended_ = std::max(last_intended_, intended);
    const HttpAnswer answer = co_await client.Send(RequestFor(plan_, n));
    record_.Answered(intended, answer.status, IdIn(answer.body));
    if (plan_.serial && answer.status != 200) co_return;
  }
}

void Customers::Run(Moment began) {
  began_ = last_intended_ = began;
  ended_.expires_at(Moment::max());
  const int connections = plan_.serial ? 1 : plan_.connections;
  for (int i = 0; i < connections; ++i) asio::co_spawn(context_, Work(), asio::detached);
  context_.run();
}

void Customers::OrderEnded() {
  if (!plan_.serial) return;
  asio::post(context_, [this] {
    ++ends_;
    ended_.cancel();
  });
}

}  // namespace ordersaga::bench

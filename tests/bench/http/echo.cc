// The yardstick of the HTTP benchmark: Boost.Beast alone, one coroutine per connection, no limits, no timeouts, no
// routes. Answers every request with its own body, or with 344 bytes, about as long as an order, if it has none.
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using asio::ip::tcp;
constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> Serve(beast::tcp_stream stream) {
  beast::flat_buffer buffer;
  const std::string filler(344, 'x');
  while (true) {
    wire::request<wire::string_body> request;
    const auto [read_error, read] = co_await wire::async_read(stream, buffer, request, kNoThrow);
    if (read_error) co_return;
    wire::response<wire::string_body> response{wire::status::ok, request.version()};
    response.set(wire::field::content_type, "application/json");
    response.keep_alive(request.keep_alive());
    response.body() = request.body().empty() ? filler : request.body();
    response.prepare_payload();
    const auto [write_error, written] = co_await wire::async_write(stream, response, kNoThrow);
    if (write_error || !request.keep_alive()) co_return;
  }
}

asio::awaitable<void> Accept(asio::io_context& context, tcp::acceptor& acceptor) {
  while (true) {
    auto [error, socket] = co_await acceptor.async_accept(asio::make_strand(context), kNoThrow);
    if (error) co_return;
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto executor = socket.get_executor();
    asio::co_spawn(executor, Serve(beast::tcp_stream(std::move(socket))), asio::detached);
  }
}

}  // namespace

// echo PORT
int main(int argc, char** argv) {
  if (argc != 2) return 2;
  asio::io_context context;
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(argv[1]))});
  asio::co_spawn(context, Accept(context, acceptor), asio::detached);
  std::puts("listening");
  std::fflush(stdout);
  std::thread second([&] { context.run(); });
  context.run();
  second.join();
}

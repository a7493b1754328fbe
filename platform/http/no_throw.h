// How the coroutines of a session await: `const auto [error, bytes] = co_await async_...(..., kNoThrow);`
#pragma once

#include <boost/asio.hpp>

namespace ordersaga::http {

inline constexpr auto kNoThrow = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace ordersaga::http

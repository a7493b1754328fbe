// Places orders over HTTP at a fixed rate, however slowly they are answered (open loop).
#pragma once

#include <boost/asio.hpp>
#include <string>

#include "tests/bench/load/record.h"

namespace ordersaga::bench {

struct Plan {
  std::string host = "127.0.0.1";
  std::string port = "8080";
  std::string mix = "even";  // even, hot, failures, seedmix
  double rate = 100;         // orders a second
  double seconds = 10;
  int connections = 64;
  bool serial = false;  // instead of at a rate: one order after the other, each when the one before has ended
  std::int64_t count() const { return static_cast<std::int64_t>(rate * seconds); }
};

// The body of the n-th order.
std::string BodyOf(const Plan& plan, std::int64_t n);

class Customers {
 public:
  Customers(const Plan& plan, boost::asio::io_context& context, Record& record)
      : plan_(plan), context_(context), record_(record), ended_(context) {}

  // Until all have been sent and answered; blocks. `began` is when the first is due.
  void Run(Moment began);
  // From any thread: an order has ended.
  void OrderEnded();
  Moment last_intended() const { return last_intended_; }

 private:
  boost::asio::awaitable<void> Work();
  boost::asio::awaitable<void> Await(Moment moment);

  const Plan& plan_;
  boost::asio::io_context& context_;
  Record& record_;
  boost::asio::steady_timer ended_;  // serial: cancelled when an order ends
  Moment began_;
  Moment last_intended_;
  std::int64_t next_ = 0;
  std::int64_t ends_ = 0;
};

}  // namespace ordersaga::bench

// Places orders over HTTP at a fixed rate, however slowly they are answered (open loop).
#pragma once

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <memory>
#include <string>

#include "tests/bench/load/record.h"

namespace ordersaga::bench {

struct Plan {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string mix = "even";        // even, hot, failures, seedmix
  std::string item = "bench-hot";  // that all orders of the mix hot are for
  double rate = 100;               // orders a second
  double warm = 0;                 // seconds before those that are measured
  double seconds = 10;
  double after_rate = 0;  // and then, not measured either
  double after_seconds = 0;
  int connections = 64;
  std::string authority;  // of the gateway's certificate: HTTPS
  std::string key;        // an API key
  bool serial = false;    // instead of at a rate: one order after the other, each asked for with Prefer: wait
};

// How many orders that makes, and when the n-th is due, in seconds after the first.
std::int64_t CountOf(const Plan& plan);
double DueAt(const Plan& plan, std::int64_t n);

// The n-th order as it goes over the wire.
std::string RequestFor(const Plan& plan, std::int64_t n);

// One thread; only OrderEnded may be called from another.
class Customers {
 public:
  Customers(const Plan& plan, boost::asio::io_context& context, Record& record)
      : plan_(plan), context_(context), tls_(TlsOf(plan)), record_(record), ended_(context) {}

  // Until all have been sent and answered; blocks. `began` is when the first is due.
  void Run(Moment began);
  // An order has ended.
  void OrderEnded();
  Moment last_intended() const { return last_intended_; }

 private:
  static std::shared_ptr<boost::asio::ssl::context> TlsOf(const Plan& plan);
  boost::asio::awaitable<void> Work();
  boost::asio::awaitable<void> Await(Moment moment);

  const Plan& plan_;
  boost::asio::io_context& context_;
  const std::shared_ptr<boost::asio::ssl::context> tls_;
  Record& record_;
  boost::asio::steady_timer ended_;  // serial: cancelled when an order ends
  Moment began_;
  Moment last_intended_;
  std::int64_t next_ = 0;
  std::int64_t ends_ = 0;
};

}  // namespace ordersaga::bench

// What the machine does with the bare libraries. Each measures for so many seconds, prints one JSON object (count,
// per_s) and returns the exit code.
#pragma once

#include <string>

namespace ordersaga::bench {

// Unary echoes on one connection, callback API at both ends, so many in flight.
int MeasureRpc(int in_flight, double seconds);
// Persistent messages to a topic exchange, read from a durable queue and acknowledged by the hundred; each confirmed,
// 200 unconfirmed at most.
int MeasureAmqp(const std::string& broker, double seconds);
// Rows of 220 bytes, 128 in one statement and one transaction: INSERT ... SELECT FROM unnest(). Makes a table and drops
// it.
int MeasureRows(const std::string& database, double seconds);

}  // namespace ordersaga::bench

#include <libpq-fe.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <memory>

#include "tests/bench/load/yardsticks.h"

namespace ordersaga::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;
constexpr int kRows = 128;

bool Succeeded(const Result& result) {
  const ExecStatusType status = PQresultStatus(result.get());
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

bool Run(PGconn* connection, const char* sql) {
  return Succeeded(Result(PQexec(connection, sql), PQclear));
}

// Two arrays as text: keys that go up, and bodies.
std::array<std::string, 2> Rows(std::int64_t first) {
  std::array<std::string, 2> arrays{"{", "{"};
  const std::string body(200, 'x');
  for (int i = 0; i < kRows; ++i) {
    const char* comma = i == 0 ? "" : ",";
    arrays[0].append(comma).append(std::to_string(first + i));
    arrays[1].append(comma).append(body);
  }
  arrays[0].push_back('}');
  arrays[1].push_back('}');
  return arrays;
}

}  // namespace

int MeasureRows(const std::string& database, double seconds) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(database.c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) return 1;
  Run(connection.get(), "DROP TABLE IF EXISTS bench_rows");
  if (!Run(connection.get(), "CREATE TABLE bench_rows (id bigint PRIMARY KEY, body text NOT NULL)")) return 1;
  const char* sql = "INSERT INTO bench_rows SELECT * FROM unnest($1::bigint[], $2::text[])";
  if (!Succeeded(Result(PQprepare(connection.get(), "rows", sql, 2, nullptr), PQclear))) return 1;
  std::int64_t count = 0;
  const auto began = Clock::now();
  while (std::chrono::duration<double>(Clock::now() - began).count() < seconds) {
    const std::array<std::string, 2> arrays = Rows(count);
    const std::array<const char*, 2> values{arrays[0].c_str(), arrays[1].c_str()};
    const Result done(PQexecPrepared(connection.get(), "rows", 2, values.data(), nullptr, nullptr, 0), PQclear);
    if (!Succeeded(done)) return 1;
    count += kRows;
  }
  const double took = std::chrono::duration<double>(Clock::now() - began).count();
  std::printf("{\"count\":%lld,\"per_s\":%.1f}\n", static_cast<long long>(count), static_cast<double>(count) / took);
  return Run(connection.get(), "DROP TABLE bench_rows") ? 0 : 1;
}

}  // namespace ordersaga::bench

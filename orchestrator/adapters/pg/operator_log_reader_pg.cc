#include "orchestrator/adapters/pg/operator_log_reader_pg.h"

#include "orchestrator_sql.embed.h"
#include "platform/base/error.h"
#include "platform/pg/read.h"
#include "platform/pg/time.h"

namespace ordersaga::orchestrator {
namespace {

constexpr int kLogThreads = 1;
constexpr std::size_t kMaxLogReads = 100;

LogRow Decode(const pg::PqxxRow& row) {
  return {row[0].as<int>(),
          row[1].as<std::int64_t>(),
          pg::FromPg(row[2].view()),
          row[3].c_str(),
          row[4].c_str(),
          row[5].c_str(),
          row[6].c_str(),
          row[7].as<std::int64_t>(),
          row[8].c_str(),
          row[9].c_str(),
          row[12].c_str(),
          row[10].c_str(),
          row[11].c_str()};
}

std::vector<LogRow> DecodeAll(const pg::PqxxRows& rows) {
  std::vector<LogRow> decoded;
  for (const auto& row : rows) decoded.push_back(Decode(row));
  return decoded;
}

absl::Status CheckThere(pg::PqxxTx& tx) {
  if (tx.Exec(sql::operator_log::exists)[0][0].as<bool>()) return absl::OkStatus();
  return MakeError(absl::StatusCode::kFailedPrecondition, "LOG_MISSING",
                   "the database has no operator log yet: run orchestrator migrate --apply");
}

}  // namespace

OperatorLogReaderPg::OperatorLogReaderPg(const pg::SessionOptions& options)
    : pool_(options, kLogThreads, kMaxLogReads) {}

void OperatorLogReaderPg::List(LogFilter filter, Done<std::vector<LogRow>> done) {
  pg::Read(pool_, std::move(done), [filter = std::move(filter)](pg::PqxxTx& tx) -> absl::StatusOr<std::vector<LogRow>> {
    if (absl::Status there = CheckThere(tx); !there.ok()) return there;
    const LogPlace before = filter.before.value_or(LogPlace{-1, 0});
    return DecodeAll(tx.Exec(sql::operator_log::list, filter.subject, filter.since, filter.until, filter.limit,
                             before.shard, before.number));
  });
}

void OperatorLogReaderPg::ReadChain(LogPlace after, int limit, Done<LogChainPage> done) {
  pg::Read(pool_, std::move(done), [=](pg::PqxxTx& tx) -> absl::StatusOr<LogChainPage> {
    tx.Exec(sql::sagas::snapshot);
    if (absl::Status there = CheckThere(tx); !there.ok()) return there;
    LogChainPage page{DecodeAll(tx.Exec(sql::operator_log::chain, after.shard, after.number, limit)), {}};
    for (const auto& row : tx.Exec(sql::operator_log::heads)) {
      page.heads.emplace_back(row[0].as<int>(), LogHead{row[1].as<std::int64_t>(), row[2].c_str()});
    }
    return page;
  });
}

}  // namespace ordersaga::orchestrator

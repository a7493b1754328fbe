#include "sagactl/log.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>

#include "ordersaga/saga/v1/operator_log.grpc.pb.h"
#include "platform/base/error.h"
#include "platform/rpc/status.h"
#include "platform/rpc/time.h"
#include "sagactl/failure.h"
#include "sagactl/log_check.h"
#include "sagactl/reach.h"
#include "sagactl/table.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

namespace json = boost::json;
using saga::v1::Deed;
using saga::v1::OperatorLogService;

constexpr int kDeedsPage = 1000;

orchestrator::LogRow RowOf(const Deed& deed) {
  return {deed.shard(),   deed.number(),  rpc::FromProto(deed.at()),
          deed.by(),      deed.from(),    deed.verb(),
          deed.subject(), deed.version(), deed.before(),
          deed.after(),   deed.reason(),  deed.reason_digest(),
          deed.mac()};
}

std::string DeedsAsTable(const std::vector<Deed>& deeds, bool colored) {
  Table table({"TIME", "BY", "VERB", "SUBJECT", "BEFORE", "AFTER", "REASON"});
  for (const Deed& deed : deeds) {
    table.Add({TimeForPeople(true, deed.at()), Printable(deed.by()), Cell(Printable(deed.verb()), Color::kBold),
               Printable(deed.subject()), Printable(deed.before()), Printable(deed.after()),
               OrDash(Printable(deed.reason()))});
  }
  return table.Render(colored);
}

json::object AsJson(const Deed& deed) {
  return {{"shard", deed.shard()},
          {"number", deed.number()},
          {"at", TimeForPrograms(deed.at())},
          {"by", Printable(deed.by())},
          {"from", Printable(deed.from())},
          {"verb", Printable(deed.verb())},
          {"subject", Printable(deed.subject())},
          {"version", deed.version()},
          {"before", Printable(deed.before())},
          {"after", Printable(deed.after())},
          {"reason", Printable(deed.reason())},
          {"mac", Printable(deed.mac())}};
}

absl::Status ReadAll(OperatorLogService::Stub& stub, const Options& options, LogCheck& check) {
  saga::v1::ReadChainRequest request;
  for (bool first = true;; first = false) {
    grpc::ClientContext context;
    Prepare(&context, options);
    saga::v1::ReadChainResponse page;
    const grpc::Status status = stub.ReadChain(&context, request, &page);
    if (!status.ok()) return rpc::FromGrpc(status);
    // Those of the first page only: rows that are written meanwhile move them on, behind what has been read.
    for (const auto& head : page.heads()) {
      if (first) check.Expect(head.shard(), {head.number(), head.mac()});
    }
    if (page.deeds().empty()) return absl::OkStatus();
    for (const Deed& deed : page.deeds()) check.Add(RowOf(deed));
    const Deed& last = *page.deeds().rbegin();
    request.set_after_shard(last.shard());
    request.set_after_number(last.number());
  }
}

// Its first line, as the orchestrator reads it. Empty: none is named.
absl::StatusOr<std::string> ReadLogKey(std::string path) {
  const char* set = std::getenv("OPERATOR_LOG_KEY_FILE");  // NOLINT(concurrency-mt-unsafe): one thread
  if (path.empty() && set != nullptr) path = set;
  std::string key;
  if (path.empty()) return key;
  std::ifstream file(path);
  if (std::getline(file, key)) return key;
  return BadRequest({{"--log-key-file", path + " cannot be read"}});
}

}  // namespace

int RunLog(const LogCommand& log, const Options& options, const Terminal& terminal) {
  const auto stub = OperatorLogService::NewStub(Dial(options, options.address, "orchestrator"));
  std::vector<Deed> deeds;
  saga::v1::ListDeedsRequest request;
  request.set_subject(log.subject);
  if (log.since > absl::InfinitePast()) *request.mutable_since() = rpc::ToProto(log.since);
  if (log.until < absl::InfiniteFuture()) *request.mutable_until() = rpc::ToProto(log.until);
  do {
    request.set_page_size(std::min(kDeedsPage, log.limit - static_cast<int>(deeds.size())));
    grpc::ClientContext context;
    Prepare(&context, options);
    saga::v1::ListDeedsResponse page;
    const grpc::Status status = stub->ListDeeds(&context, request, &page);
    if (!status.ok()) return Fail(rpc::FromGrpc(status), options, terminal);
    deeds.insert(deeds.end(), page.deeds().begin(), page.deeds().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && static_cast<int>(deeds.size()) < log.limit);
  const bool more = !request.page_token().empty();
  if (options.json) {
    json::array rows;
    for (const Deed& deed : deeds) rows.push_back(AsJson(deed));
    terminal.out << json::serialize(json::object{{"deeds", std::move(rows)}, {"has_more", more}}) << "\n";
  } else if (deeds.empty()) {
    terminal.err << "Operators have done nothing that matches.\n";
  } else {
    terminal.out << DeedsAsTable(deeds, options.colored);
  }
  if (more) terminal.err << "There are more; see them with --limit " << log.limit * 10LL << ".\n";
  return kOk;
}

int RunLog(const VerifyLogCommand& verify, const Options& options, const Terminal& terminal) {
  const absl::StatusOr<std::string> key = ReadLogKey(verify.key_file);
  if (!key.ok()) return Fail(key.status(), "Name a file that you may read with --log-key-file.", terminal);
  const auto stub = OperatorLogService::NewStub(Dial(options, options.address, "orchestrator"));
  LogCheck check(*key);
  for (const Head& head : verify.heads) check.Expect(head.shard, {head.number, head.mac});
  if (const absl::Status read = ReadAll(*stub, options, check); !read.ok()) return Fail(read, options, terminal);
  check.Finish();
  if (options.json) {
    json::array findings(check.findings().begin(), check.findings().end());
    json::array ends;
    for (const auto& [shard, end] : check.ends())
      ends.push_back({{"shard", shard}, {"number", end.number}, {"mac", end.mac}});
    terminal.out << json::serialize(json::object{{"rows", check.rows()},
                                                 {"erased_reasons", check.erased()},
                                                 {"keyed", !key->empty()},
                                                 {"findings", std::move(findings)},
                                                 {"heads", std::move(ends)}})
                 << "\n";
  } else {
    for (const std::string& finding : check.findings()) terminal.out << Printable(finding) << "\n";
    terminal.out << fmt::format("{} rows in {} shards, {} reasons erased: {} findings\n", check.rows(),
                                check.ends().size(), check.erased(), check.findings().size());
  }
  if (key->empty()) {
    terminal.err << "Verified without a key: whoever can write to the database could have written this chain. Name the "
                    "key with --log-key-file.\n";
  }
  return check.findings().empty() ? kOk : kFailure;
}

}  // namespace ordersaga::cli

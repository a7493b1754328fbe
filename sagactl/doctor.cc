#include "sagactl/doctor.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "ordersaga/saga/v1/doctor.grpc.pb.h"
#include "platform/base/error.h"
#include "platform/rpc/status.h"
#include "sagactl/failure.h"
#include "sagactl/reach.h"
#include "sagactl/table.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

namespace json = boost::json;
using saga::v1::Finding;

struct Examination {
  std::vector<std::pair<std::string, Finding>> findings;  // with the address of the replica
  int examined = 0;
};

void AddUnreachable(const std::string& address, const absl::Status& status, Examination& examination) {
  Finding finding;
  finding.set_severity(Finding::SEVERITY_BAD);
  finding.set_what(MessageOf(status));
  finding.set_remedy("start it, or name the orchestrators that there are with --address");
  examination.findings.emplace_back(address, std::move(finding));
}

// One replica. An error: it answers, and refuses whoever asks.
absl::Status Examine(const std::string& address, const Options& options, Examination& examination) {
  ++examination.examined;
  if (const absl::Status reached = Reach(options, address, "orchestrator"); !reached.ok()) {
    AddUnreachable(address, reached, examination);
    return absl::OkStatus();
  }
  const auto stub = saga::v1::DoctorService::NewStub(Dial(options, address, "orchestrator"));
  grpc::ClientContext context;
  Prepare(&context, options);
  saga::v1::ExamineResponse response;
  const grpc::Status status = stub->Examine(&context, {}, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  examination.examined += response.examined();
  for (const Finding& finding : response.findings()) examination.findings.emplace_back(address, finding);
  return absl::OkStatus();
}

std::vector<std::string> Split(const std::string& addresses) {
  std::vector<std::string> all;
  std::size_t from = 0;
  while (from <= addresses.size()) {
    const std::size_t comma = std::min(addresses.find(',', from), addresses.size());
    if (comma > from) all.push_back(addresses.substr(from, comma - from));
    from = comma + 1;
  }
  return all;
}

const char* Word(Finding::Severity severity) {
  return severity == Finding::SEVERITY_BAD ? "bad" : "look";
}

std::string AsText(const Examination& examination, bool colored) {
  std::string text;
  for (const auto& [address, finding] : examination.findings) {
    const Color color = finding.severity() == Finding::SEVERITY_BAD ? Color::kRed : Color::kYellow;
    text += fmt::format("{} {}: {}\n     {}\n", Paint(fmt::format("{:<4}", Word(finding.severity())), color, colored),
                        Printable(address), Printable(finding.what()), Printable(finding.remedy()));
  }
  return text + fmt::format("{} things looked at, {} findings\n", examination.examined, examination.findings.size());
}

std::string AsJson(const Examination& examination) {
  json::array findings;
  for (const auto& [address, finding] : examination.findings) {
    findings.push_back(json::object{{"address", Printable(address)},
                                    {"severity", finding.severity() == Finding::SEVERITY_BAD ? "bad" : "warning"},
                                    {"what", Printable(finding.what())},
                                    {"remedy", Printable(finding.remedy())}});
  }
  return json::serialize(json::object{{"examined", examination.examined}, {"findings", std::move(findings)}}) + "\n";
}

}  // namespace

int RunDoctor(const DoctorCommand& /*doctor*/, const Options& options, const Terminal& terminal) {
  Examination examination;
  for (const std::string& address : Split(options.address)) {
    const absl::Status status = Examine(address, options, examination);
    if (!status.ok()) return Fail(status, options, terminal);
  }
  terminal.out << (options.json ? AsJson(examination) : AsText(examination, options.colored));
  return examination.findings.empty() ? kOk : kFailure;
}

}  // namespace ordersaga::cli

#include "sagactl/operate.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <istream>

#include "platform/base/error.h"
#include "platform/rpc/status.h"
#include "sagactl/failure.h"
#include "sagactl/reach.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

namespace json = boost::json;
using saga::v1::OperateSagaResponse;

bool MovesMoney(const std::string& verb) {
  return verb == "cancel" || verb == "compensate" || verb == "settle";
}

absl::StatusOr<OperateSagaResponse> Ask(const OperateCommand& operate, const Options& options,
                                        saga::v1::SagaAdminService::Stub& stub) {
  saga::v1::OperateSagaRequest request;
  request.set_id(operate.id);
  request.set_verb(operate.verb);
  request.set_reason(operate.reason);
  request.set_expected_version(operate.expected_version);
  request.set_dry_run(operate.dry_run);
  if (operate.verb == "settle") {
    request.mutable_amount()->set_amount_minor(operate.amount_minor);
    request.mutable_amount()->set_currency(operate.currency);
    request.set_evidence(operate.evidence);
  }
  grpc::ClientContext context;
  Prepare(&context, options);
  OperateSagaResponse response;
  const grpc::Status status = stub.OperateSaga(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response;
}

int Refused(const absl::Status& status, const OperateCommand& operate, const Options& options,
            const Terminal& terminal) {
  const bool conflict =
      status.code() == absl::StatusCode::kFailedPrecondition || status.code() == absl::StatusCode::kAborted;
  if (!conflict) return Fail(status, options, terminal);
  return Fail(status, "What it is doing, and what is possible: sagactl why " + Printable(operate.id), terminal);
}

void ShowDryRun(const OperateCommand& operate, const OperateSagaResponse& would, const Options& options,
                const Terminal& terminal) {
  if (options.json) {
    terminal.out << json::serialize(json::object{{"id", Printable(operate.id)},
                                                 {"verb", operate.verb},
                                                 {"done", false},
                                                 {"effect", Printable(would.effect())},
                                                 {"version", would.version()}})
                 << "\n";
    return;
  }
  terminal.out << operate.verb << ": " << Printable(would.effect()) << "\n";
  const char* more = operate.verb == "settle" ? " --amount '...' --evidence '...'" : "";
  terminal.err << fmt::format("Nothing was done. Do it: sagactl {} {}{} --expect {} --reason '...'\n", operate.verb,
                              Printable(operate.id), more, would.version());
}

// Shows what would happen and waits for a yes. Sets the version that was shown.
absl::Status Confirm(OperateCommand& operate, const Options& options, saga::v1::SagaAdminService::Stub& stub,
                     const Terminal& terminal, bool* yes) {
  if (terminal.in == nullptr) {
    return BadRequest({{"--yes",
                        "is needed where nobody can be asked, since money may move; --dry-run shows what would "
                        "happen"}});
  }
  OperateCommand dry = operate;
  dry.dry_run = true;
  const absl::StatusOr<OperateSagaResponse> would = Ask(dry, options, stub);
  if (!would.ok()) return would.status();
  terminal.err << operate.verb << ": " << Printable(would->effect()) << "\nGo on? [y/N] " << std::flush;
  std::string answer;
  std::getline(*terminal.in, answer);
  *yes = answer == "y" || answer == "Y" || answer == "yes";
  operate.expected_version = would->version();
  return absl::OkStatus();
}

std::string Told(const std::string& verb) {
  if (verb == "retry") return "The engine tries again";
  if (verb == "pause") return "Nothing more is asked of anybody for this order";
  if (verb == "resume") return "It goes on";
  if (verb == "skip") return "It is left undone";
  if (verb == "settle") return "It is being booked as given back by hand";
  return "The order is being cancelled";
}

void ShowDone(const OperateCommand& operate, const OperateSagaResponse& done, const Options& options,
              const Terminal& terminal) {
  if (!options.json) {
    terminal.out << Told(operate.verb) << ", as asked by " << Printable(done.by()) << ". Follow it: sagactl show "
                 << Printable(operate.id) << "\n";
    return;
  }
  json::object object{{"id", Printable(operate.id)},
                      {"verb", operate.verb},
                      {"done", true},
                      {"by", Printable(done.by())},
                      {"reason", Printable(operate.reason)}};
  if (operate.verb == "retry") object["retried"] = true;
  terminal.out << json::serialize(object) << "\n";
}

}  // namespace

int RunOperate(const OperateCommand& asked, const Options& options, saga::v1::SagaAdminService::Stub& stub,
               const Terminal& terminal) {
  OperateCommand operate = asked;
  if (MovesMoney(operate.verb) && !operate.yes && !operate.dry_run) {
    bool yes = false;
    const absl::Status status = Confirm(operate, options, stub, terminal, &yes);
    if (!status.ok()) return Refused(status, operate, options, terminal);
    if (!yes) {
      terminal.err << "Nothing was done.\n";
      return kFailure;
    }
  }
  const absl::StatusOr<OperateSagaResponse> done = Ask(operate, options, stub);
  if (!done.ok()) return Refused(done.status(), operate, options, terminal);
  if (operate.dry_run) {
    ShowDryRun(operate, *done, options, terminal);
  } else {
    ShowDone(operate, *done, options, terminal);
  }
  return kOk;
}

}  // namespace ordersaga::cli

#include "sagactl/sagactl.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>

#include "orchestrator/core/order_saga.h"
#include "ordersaga/saga/v1/saga_admin.grpc.pb.h"
#include "platform/rpc/status.h"
#include "sagactl/audit.h"
#include "sagactl/doctor.h"
#include "sagactl/events.h"
#include "sagactl/failure.h"
#include "sagactl/hold.h"
#include "sagactl/keys.h"
#include "sagactl/log.h"
#include "sagactl/operate.h"
#include "sagactl/options.h"
#include "sagactl/reach.h"
#include "sagactl/render.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

using saga::v1::SagaAdminService;

constexpr int kPageSize = 1000;

int Run(const ListCommand& list, const Options& options, SagaAdminService::Stub& stub, const Terminal& terminal) {
  std::vector<saga::v1::SagaSummary> sagas;
  saga::v1::ListSagasRequest request;
  request.set_status(list.status);
  request.set_open_only(list.open_only);
  request.set_parked_only(list.parked_only);
  request.set_user_email(list.user_email);
  do {
    request.set_page_size(std::min(kPageSize, list.limit - static_cast<int>(sagas.size())));
    grpc::ClientContext context;
    Prepare(&context, options);
    saga::v1::ListSagasResponse page;
    const grpc::Status status = stub.ListSagas(&context, request, &page);
    if (!status.ok()) return Fail(rpc::FromGrpc(status), options, terminal);
    sagas.insert(sagas.end(), page.sagas().begin(), page.sagas().end());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && static_cast<int>(sagas.size()) < list.limit);

  const bool more = !request.page_token().empty();
  if (options.json) {
    terminal.out << ListAsJson(sagas, more);
  } else if (list.lines) {
    for (const saga::v1::SagaSummary& saga : sagas) terminal.out << SummaryAsJson(saga);
  } else if (list.names_only) {
    for (const saga::v1::SagaSummary& saga : sagas) terminal.out << Printable(saga.id()) << "\n";
  } else if (sagas.empty()) {
    terminal.err << "No sagas match.\n";
  } else {
    terminal.out << ListAsTable(sagas, options.colored);
  }
  if (more) terminal.err << "There are more; see them with --limit " << list.limit * 10LL << ".\n";
  return kOk;
}

int Run(const CountCommand& count, const Options& options, SagaAdminService::Stub& stub, const Terminal& terminal) {
  saga::v1::CountSagasRequest request;
  request.set_group_by(count.group_by);
  request.set_parked_only(count.parked_only);
  request.set_user_email(count.user_email);
  grpc::ClientContext context;
  Prepare(&context, options);
  saga::v1::CountSagasResponse response;
  const grpc::Status status = stub.CountSagas(&context, request, &response);
  if (!status.ok()) return Fail(rpc::FromGrpc(status), options, terminal);
  if (options.json) {
    terminal.out << CountAsJson(count.group_by, response);
  } else if (response.groups().empty()) {
    terminal.err << "No sagas match.\n";
  } else {
    terminal.out << CountAsTable(count.group_by, response, options.colored);
  }
  return kOk;
}

absl::StatusOr<saga::v1::GetSagaResponse> Ask(const std::string& id, const Options& options,
                                              SagaAdminService::Stub& stub) {
  saga::v1::GetSagaRequest request;
  request.set_id(id);
  grpc::ClientContext context;
  Prepare(&context, options);
  saga::v1::GetSagaResponse response;
  const grpc::Status status = stub.GetSaga(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response;
}

int Run(const ShowCommand& show, const Options& options, SagaAdminService::Stub& stub, const Terminal& terminal) {
  const auto saga = Ask(show.id, options, stub);
  if (!saga.ok()) return Fail(saga.status(), options, terminal);
  terminal.out << (options.json ? SagaAsJson(*saga) : SagaAsTable(*saga, options.colored));
  return kOk;
}

int Run(const WhyCommand& why, const Options& options, SagaAdminService::Stub& stub, const Terminal& terminal) {
  const auto saga = Ask(why.id, options, stub);
  if (!saga.ok()) return Fail(saga.status(), options, terminal);
  if (!saga->has_why()) {
    return Fail(absl::UnimplementedError("the orchestrator that answered does not know this saga's definition"),
                "Ask another replica with --address; or: sagactl show " + Printable(why.id), terminal);
  }
  terminal.out << (options.json ? WhyAsJson(*saga) : WhyAsText(*saga, options.colored));
  return kOk;
}

int Run(const OperateCommand& operate, const Options& options, SagaAdminService::Stub& stub, const Terminal& terminal) {
  return RunOperate(operate, options, stub, terminal);
}

int Run(const HoldCommand& hold, const Options& options, SagaAdminService::Stub& stub, const Terminal& terminal) {
  return RunHold(hold, options, stub, terminal);
}

int Run(const ParticipantsCommand& all, const Options& options, SagaAdminService::Stub& stub,
        const Terminal& terminal) {
  return RunHold(all, options, stub, terminal);
}

int Run(const AuditCommand& audit, const Options& options, SagaAdminService::Stub& /*stub*/, const Terminal& terminal) {
  return RunAudit(audit, options, terminal);
}

// The commands on events, keys and the operator log have services of their own.
template <typename Command>
int Run(const Command& command, const Options& options, SagaAdminService::Stub& /*stub*/, const Terminal& terminal) {
  if constexpr (requires { RunKeys(command, options, terminal); }) {
    return RunKeys(command, options, terminal);
  } else if constexpr (requires { RunLog(command, options, terminal); }) {
    return RunLog(command, options, terminal);
  } else if constexpr (requires { RunDoctor(command, options, terminal); }) {
    return RunDoctor(command, options, terminal);
  } else {
    return RunEvents(command, options, terminal);
  }
}

// Whom the command's gRPC calls go to, and where: {program, address}.
std::vector<std::pair<std::string, std::string>> AddressesOf(const Options& options) {
  const bool asks_itself =
      std::holds_alternative<TailCommand>(options.command) || std::holds_alternative<DoctorCommand>(options.command);
  if (asks_itself) return {};
  const auto* audit = std::get_if<AuditCommand>(&options.command);
  if (audit == nullptr) return {{"orchestrator", options.address}};
  return {{"orchestrator", options.address}, {"payment", audit->payment}, {"inventory", audit->inventory}};
}

}  // namespace

const orchestrator::Definitions& KnownSagas() {
  static const orchestrator::Definitions sagas = orchestrator::OrderSagas({.notification_events = true});
  return sagas;
}

int RunSagactl(const std::vector<std::string>& args, const Terminal& terminal, const orchestrator::Definitions& sagas) {
  auto parsed = ParseOptions(args, terminal);
  if (const int* code = std::get_if<int>(&parsed)) return *code;
  auto& options = std::get<Options>(parsed);
  options.sagas = &sagas;
  if (const absl::Status status = CheckCredentials(options); !status.ok()) {
    return Fail(status, "Try: sagactl --help", terminal);
  }
  for (const auto& [program, address] : AddressesOf(options)) {
    const absl::Status status = Reach(options, address, program);
    if (status.ok()) continue;
    if (address == options.address) return Fail(status, options, terminal);
    return Fail(status, "Is it running? Name other addresses with --address, --payment and --inventory.", terminal);
  }
  const auto stub = SagaAdminService::NewStub(Dial(options, options.address, "orchestrator"));
  return std::visit([&](const auto& command) { return Run(command, options, *stub, terminal); }, options.command);
}

}  // namespace ordersaga::cli

#include "sagactl/hold.h"

#include <boost/json.hpp>

#include "platform/rpc/status.h"
#include "sagactl/failure.h"
#include "sagactl/reach.h"
#include "sagactl/table.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

namespace json = boost::json;
using Stub = saga::v1::SagaAdminService::Stub;

template <typename Request, typename Response>
absl::StatusOr<std::string> Change(const HoldCommand& hold, const Options& options, Stub& stub,
                                   grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
  Request request;
  request.set_participant(hold.participant);
  request.set_reason(hold.reason);
  grpc::ClientContext context;
  Prepare(&context, options);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response.by();
}

}  // namespace

int RunHold(const HoldCommand& hold, const Options& options, Stub& stub, const Terminal& terminal) {
  const absl::StatusOr<std::string> by = hold.release ? Change(hold, options, stub, &Stub::ReleaseParticipant)
                                                      : Change(hold, options, stub, &Stub::HoldParticipant);
  if (!by.ok()) return Fail(by.status(), "Who is on hold: sagactl participants", terminal);
  if (options.json) {
    terminal.out << json::serialize(json::object{{"participant", Printable(hold.participant)},
                                                 {"on_hold", !hold.release},
                                                 {"by", Printable(*by)},
                                                 {"reason", Printable(hold.reason)}})
                 << "\n";
  } else {
    terminal.out << Printable(hold.participant) << (hold.release ? " is asked again" : " is asked nothing more")
                 << ", everywhere within a lease, as said by " << Printable(*by) << ".\n";
  }
  return kOk;
}

int RunHold(const ParticipantsCommand& /*participants*/, const Options& options, Stub& stub, const Terminal& terminal) {
  grpc::ClientContext context;
  Prepare(&context, options);
  saga::v1::ListParticipantsResponse response;
  const grpc::Status status = stub.ListParticipants(&context, {}, &response);
  if (!status.ok()) return Fail(rpc::FromGrpc(status), options, terminal);
  Table table({"PARTICIPANT", "STATE", "SINCE", "BY", "REASON"});
  json::array rows;
  for (const saga::v1::Participant& participant : response.participants()) {
    table.Add({Printable(participant.name()),
               participant.on_hold() ? Cell("on hold", Color::kYellow) : Cell("asked", Color::kGreen),
               TimeForPeople(participant.has_since(), participant.since()), OrDash(Printable(participant.by())),
               OrDash(Printable(participant.reason()))});
    rows.push_back(json::object{
        {"name", Printable(participant.name())},
        {"on_hold", participant.on_hold()},
        {"since", participant.has_since() ? json::value(TimeForPrograms(participant.since())) : json::value(nullptr)},
        {"by", Printable(participant.by())},
        {"reason", Printable(participant.reason())}});
  }
  terminal.out << (options.json ? json::serialize(json::object{{"participants", std::move(rows)}}) + "\n"
                                : table.Render(options.colored));
  return kOk;
}

}  // namespace ordersaga::cli

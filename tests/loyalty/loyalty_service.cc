#include "tests/loyalty/loyalty_service.h"

#include "platform/participant/grpc/request_checks.h"
#include "platform/rpc/handler.h"
#include "platform/rpc/time.h"
#include "tests/integration/platform/participant/loyalty_points.h"

namespace ordersaga::loyalty {

void LoyaltyServiceImpl::AddTo(rpc::Served<v1::LoyaltyService>& served) {
  served.Add("Grant", this, &LoyaltyServiceImpl::Grant);
  served.Add("Return", this, &LoyaltyServiceImpl::Return);
}

grpc::ServerUnaryReactor* LoyaltyServiceImpl::Grant(grpc::CallbackServerContext* context,
                                                    const v1::GrantRequest* request, v1::GrantResponse* response) {
  std::vector<FieldViolation> problems;
  participant::ActionRequest action = participant::ReadAction(*request, problems);
  participant::CheckKey("customer", request->customer(), problems);
  if (request->points() < 0) problems.push_back({"points", "must not be negative"});
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  participant::SetBody(action, ::loyalty::Encode(request->customer(), request->points()));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  points_.Act(std::move(action), rpc::DeadlineOf(*context), [reactor, response](const participant::Outcome& outcome) {
    participant::FillOutcome(outcome.action, response);
    response->set_grant_id(outcome.action.answer);
    rpc::Finish(reactor, outcome.status);
  });
  return reactor;
}

grpc::ServerUnaryReactor* LoyaltyServiceImpl::Return(grpc::CallbackServerContext* context,
                                                     const v1::ReturnRequest* request, v1::ReturnResponse* response) {
  std::vector<FieldViolation> problems;
  participant::CompensationRequest undo =
      participant::ReadCompensation(*request, "grant_key", request->grant_key(), problems);
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  points_.Compensate(std::move(undo), rpc::DeadlineOf(*context),
                     [reactor, response](const participant::Outcome& outcome) {
                       response->set_points_returned(outcome.undone);
                       rpc::Finish(reactor, outcome.status);
                     });
  return reactor;
}

}  // namespace ordersaga::loyalty

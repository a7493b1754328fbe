#include "orchestrator/api/doctor_service.h"

#include "platform/rpc/handler.h"

namespace ordersaga::orchestrator {

void DoctorServiceImpl::AddTo(rpc::Served<saga::v1::DoctorService>& served) {
  served.Add("Examine", this, &DoctorServiceImpl::Examine);
}

grpc::ServerUnaryReactor* DoctorServiceImpl::Examine(grpc::CallbackServerContext* context,
                                                     const saga::v1::ExamineRequest* /*request*/,
                                                     saga::v1::ExamineResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  database_.Examine([=, this](const absl::StatusOr<DatabaseFacts>& facts) {
    Examined examined = look_();
    examined.database = facts;
    const Findings findings = orchestrator::Examine(examined);
    for (const Findings::Finding& finding : findings.found) {
      saga::v1::Finding* out = response->add_findings();
      out->set_severity(finding.bad ? saga::v1::Finding::SEVERITY_BAD : saga::v1::Finding::SEVERITY_WARNING);
      out->set_what(finding.what);
      out->set_remedy(finding.remedy);
    }
    response->set_examined(findings.examined);
    rpc::Finish(reactor, absl::OkStatus());
  });
  return reactor;
}

}  // namespace ordersaga::orchestrator

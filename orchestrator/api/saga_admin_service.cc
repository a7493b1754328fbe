#include "orchestrator/api/saga_admin_service.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "orchestrator/api/convert.h"
#include "orchestrator/api/list.h"
#include "orchestrator/api/validate.h"
#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/rpc/handler.h"
#include "platform/rpc/time.h"

namespace ordersaga::orchestrator {

namespace {

absl::StatusOr<VerbAsked> ReadVerb(const std::string& name, const std::string& reason, std::int64_t version,
                                   const grpc::CallbackServerContext& context, const access::Principal& caller) {
  const std::optional<Verb> verb = ParseVerb(name);
  const std::string clean = CleanText(reason);
  std::vector<FieldViolation> problems;
  if (!verb.has_value())
    problems.push_back({"verb", "must be retry, pause, resume, cancel, compensate, settle or skip"});
  if (clean.empty()) problems.push_back({"reason", "must say why"});
  if (version < 0) problems.push_back({"expected_version", "must be the version of a saga, or 0"});
  if (!problems.empty()) return BadRequest(problems);
  VerbAsked asked{*verb, {Signature(caller), CallersAddress(context), clean}};
  if (version > 0) asked.version = version;
  return asked;
}

}  // namespace

void SagaAdminServiceImpl::AddTo(rpc::Served<saga::v1::SagaAdminService>& served) {
  served.Add("ListSagas", this, &SagaAdminServiceImpl::ListSagas);
  served.Add("CountSagas", this, &SagaAdminServiceImpl::CountSagas);
  served.Add("GetSaga", this, &SagaAdminServiceImpl::GetSaga);
  served.Add("RetrySaga", this, &SagaAdminServiceImpl::RetrySaga);
  served.Add("OperateSaga", this, &SagaAdminServiceImpl::OperateSaga);
  served.Add("HoldParticipant", this, &SagaAdminServiceImpl::HoldParticipant);
  served.Add("ReleaseParticipant", this, &SagaAdminServiceImpl::ReleaseParticipant);
  served.Add("ListParticipants", this, &SagaAdminServiceImpl::ListParticipants);
  served.Add("ListForAudit", this, &SagaAdminServiceImpl::ListForAudit);
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::ListSagas(grpc::CallbackServerContext* context,
                                                          const saga::v1::ListSagasRequest* request,
                                                          saga::v1::ListSagasResponse* response) {
  return AnswerList(context, reader_, FilterOf(*request), response,
                    [](const Saga& saga, auto* page) { ToProto(saga, page->add_sagas()); });
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::CountSagas(grpc::CallbackServerContext* context,
                                                           const saga::v1::CountSagasRequest* request,
                                                           saga::v1::CountSagasResponse* response) {
  constexpr std::string_view kGroups[] = {"", "phase", "step", "status", "parked", "reason", "error", "user-email"};
  SagaCount count{request->group_by(), request->parked_only(), std::nullopt};
  std::vector<FieldViolation> problems;
  if (std::find(std::begin(kGroups), std::end(kGroups), count.by) == std::end(kGroups)) {
    problems.push_back({"group_by", "must be phase, step, status, parked, reason, error or user-email"});
  }
  if (!request->user_email().empty()) {
    count.user_email = request->user_email();
    if (!IsEmailAddress(request->user_email())) problems.push_back({"user_email", "must be an e-mail address"});
  }
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reader_.Count(std::move(count), [=](const absl::StatusOr<std::vector<SagaGroup>>& groups) {
    for (std::size_t i = 0; groups.ok() && i < groups->size(); ++i) {
      saga::v1::CountSagasResponse::Group* out = response->add_groups();
      out->set_key((*groups)[i].key);
      out->set_count((*groups)[i].count);
      *out->mutable_oldest() = rpc::ToProto((*groups)[i].oldest);
    }
    rpc::Finish(reactor, groups.status());
  });
  return reactor;
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::GetSaga(grpc::CallbackServerContext* context,
                                                        const saga::v1::GetSagaRequest* request,
                                                        saga::v1::GetSagaResponse* response) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->id());
  if (!id.ok()) return rpc::Answer(context, id.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reader_.GetWithJournal(*id, [=, this](const absl::StatusOr<SagaWithJournal>& stored) {
    if (stored.ok()) {
      ToProto(*stored, response);
      const Definition* definition = definitions_.Find(stored->saga.definition_version);
      if (definition != nullptr) ToProto(ExplainNow(*definition, stored->saga), response->mutable_why());
    }
    rpc::Finish(reactor, stored.status());
  });
  return reactor;
}

Why SagaAdminServiceImpl::ExplainNow(const Definition& definition, const Saga& saga) const {
  Why why = Explain(definition, saga, clock_.Now());
  if (saga.finished() || saga.phase == Phase::kWaiting || !saga.parked.empty()) return why;
  const std::string_view participant = definition.steps[saga.step].participant;
  if (const std::optional<ParticipantHold> hold = engine_.holds().Of(participant)) {
    ExplainHold(participant, hold->since, hold->by, hold->reason, why);
  }
  return why;
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::RetrySaga(grpc::CallbackServerContext* context,
                                                          const saga::v1::RetrySagaRequest* request,
                                                          saga::v1::RetrySagaResponse* response,
                                                          const access::Principal& caller) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->id());
  if (!id.ok()) return rpc::Answer(context, id.status());
  absl::StatusOr<VerbAsked> asked = ReadVerb("retry", request->reason(), 0, *context, caller);
  if (!asked.ok()) return rpc::Answer(context, asked.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  response->set_by(asked->who.by);
  engine_.Operate(*id, *std::move(asked), [=, this, id = *id](const absl::Status& status) {
    const bool sent_on = forwarder_.Forward<saga::v1::SagaAdminService>(
        status, id.shard(), *context, &saga::v1::SagaAdminService::Stub::async::RetrySaga, *request, response, reactor);
    if (!sent_on) rpc::Finish(reactor, status);
  });
  return reactor;
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::OperateSaga(grpc::CallbackServerContext* context,
                                                            const saga::v1::OperateSagaRequest* request,
                                                            saga::v1::OperateSagaResponse* response,
                                                            const access::Principal& caller) {
  const absl::StatusOr<Uuid> id = ParseOrderId(request->id());
  if (!id.ok()) return rpc::Answer(context, id.status());
  absl::StatusOr<VerbAsked> asked =
      ReadVerb(request->verb(), request->reason(), request->expected_version(), *context, caller);
  if (!asked.ok()) return rpc::Answer(context, asked.status());
  if (asked->verb == Verb::kSettle) {
    asked->settlement = Settlement{{request->amount().amount_minor(), request->amount().currency()},
                                   CleanText(request->evidence()),
                                   asked->who.by};
  }
  response->set_by(asked->who.by);
  if (request->dry_run()) return DryRun(context, *id, *std::move(asked), response);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  engine_.Operate(*id, *std::move(asked), [=, this, id = *id](const absl::Status& status) {
    const bool sent_on = forwarder_.Forward<saga::v1::SagaAdminService>(
        status, id.shard(), *context, &saga::v1::SagaAdminService::Stub::async::OperateSaga, *request, response,
        reactor);
    if (!sent_on) rpc::Finish(reactor, status);
  });
  return reactor;
}

// Decided on what is stored, and dropped.
grpc::ServerUnaryReactor* SagaAdminServiceImpl::DryRun(grpc::CallbackServerContext* context, const Uuid& id,
                                                       VerbAsked asked, saga::v1::OperateSagaResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reader_.Get(id, [=, this, asked = std::move(asked)](const absl::StatusOr<Saga>& saga) {
    if (!saga.ok()) return rpc::Finish(reactor, saga.status());
    const Definition* definition = definitions_.Find(saga->definition_version);
    if (definition == nullptr) {
      return rpc::Finish(reactor, MakeError(absl::StatusCode::kFailedPrecondition, "UNKNOWN_DEFINITION",
                                            "this replica is older than the saga's definition"));
    }
    const absl::Status would = Decide(*definition, *saga, asked, clock_.Now(), 0.0).status();
    if (would.ok()) {
      response->set_effect(EffectOf(*definition, *saga, asked.verb).value_or(""));
      response->set_version(saga->version);
    }
    rpc::Finish(reactor, would);
  });
  return reactor;
}

// Written by the owner of shard 0.
template <typename Request, typename Response, typename Method>
grpc::ServerUnaryReactor* SagaAdminServiceImpl::ChangeHold(grpc::CallbackServerContext* context, const Request* request,
                                                           Response* response, const access::Principal& caller,
                                                           bool begins, Method forwarded) {
  const std::vector<std::string_view> known = definitions_.participants();
  const std::string reason = CleanText(request->reason());
  std::vector<FieldViolation> problems;
  if (std::find(known.begin(), known.end(), request->participant()) == known.end()) {
    problems.push_back({"participant", fmt::format("must be one of {}", fmt::join(known, ", "))});
  }
  if (reason.empty()) problems.push_back({"reason", "must say why"});
  if (!problems.empty()) return rpc::Answer(context, BadRequest(problems));
  response->set_by(Signature(caller));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  engine_.HoldParticipant({request->participant(), begins, {response->by(), CallersAddress(*context), reason}},
                          [=, this](const absl::Status& status) {
                            const bool sent_on = forwarder_.Forward<saga::v1::SagaAdminService>(
                                status, 0, *context, forwarded, *request, response, reactor);
                            if (!sent_on) rpc::Finish(reactor, status);
                          });
  return reactor;
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::HoldParticipant(grpc::CallbackServerContext* context,
                                                                const saga::v1::HoldParticipantRequest* request,
                                                                saga::v1::HoldParticipantResponse* response,
                                                                const access::Principal& caller) {
  using Stub = rpc::AsyncOf<saga::v1::SagaAdminService::Stub>;
  void (Stub::*method)(grpc::ClientContext*, const saga::v1::HoldParticipantRequest*,
                       saga::v1::HoldParticipantResponse*, std::function<void(grpc::Status)>) = &Stub::HoldParticipant;
  return ChangeHold(context, request, response, caller, true, method);
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::ReleaseParticipant(grpc::CallbackServerContext* context,
                                                                   const saga::v1::ReleaseParticipantRequest* request,
                                                                   saga::v1::ReleaseParticipantResponse* response,
                                                                   const access::Principal& caller) {
  using Stub = rpc::AsyncOf<saga::v1::SagaAdminService::Stub>;
  void (Stub::*method)(grpc::ClientContext*, const saga::v1::ReleaseParticipantRequest*,
                       saga::v1::ReleaseParticipantResponse*, std::function<void(grpc::Status)>) =
      &Stub::ReleaseParticipant;
  return ChangeHold(context, request, response, caller, false, method);
}

grpc::ServerUnaryReactor* SagaAdminServiceImpl::ListParticipants(grpc::CallbackServerContext* context,
                                                                 const saga::v1::ListParticipantsRequest* /*request*/,
                                                                 saga::v1::ListParticipantsResponse* response) {
  for (const std::string_view name : definitions_.participants()) {
    saga::v1::Participant* participant = response->add_participants();
    participant->set_name(std::string(name));
    const std::optional<ParticipantHold> hold = engine_.holds().Of(name);
    if (!hold.has_value()) continue;
    participant->set_on_hold(true);
    *participant->mutable_since() = rpc::ToProto(hold->since);
    participant->set_by(hold->by);
    participant->set_reason(hold->reason);
  }
  return rpc::Answer(context, absl::OkStatus());
}

}  // namespace ordersaga::orchestrator

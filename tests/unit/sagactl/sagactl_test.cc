// sagactl as its users meet it, against a real gRPC service on loopback that answers what a test
// tells it.
#include "sagactl/sagactl.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <sstream>

#include "ordersaga/saga/v1/saga_admin.grpc.pb.h"
#include "platform/base/error.h"
#include "platform/rpc/status.h"
#include "sagactl/render.h"
#include "sagactl/text.h"

namespace ordersaga::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr char kId[] = "018f0000-0000-7003-8000-00000000002a";

saga::v1::SagaSummary Summary() {
  saga::v1::SagaSummary saga;
  saga.set_id(kId);
  saga.set_phase("compensating");
  saga.set_step("payment");
  saga.set_status("PENDING");
  saga.set_reason("OUT_OF_STOCK");
  saga.mutable_created_at()->set_seconds(1714564800);
  saga.mutable_updated_at()->set_seconds(1714564801);
  saga.mutable_updated_at()->set_nanos(250'000'000);
  auto* line = saga.add_lines();
  line->set_item_id("product-001");
  line->set_quantity(2);
  saga.set_user_email("ada@example.com");
  saga.mutable_total()->set_amount_minor(10000);
  saga.mutable_total()->set_currency("USD");
  return saga;
}

class FakeAdmin final : public saga::v1::SagaAdminService::Service {
 public:
  // Pages of two.
  grpc::Status ListSagas(grpc::ServerContext*, const saga::v1::ListSagasRequest* request,
                         saga::v1::ListSagasResponse* response) override {
    list_requests.push_back(*request);
    int at = request->page_token().empty() ? 0 : std::stoi(request->page_token());
    for (int i = 0; i < std::min(2, request->page_size()) && at < saga_count; ++i, ++at) {
      *response->add_sagas() = Summary();
    }
    if (at < saga_count) response->set_next_page_token(std::to_string(at));
    return status;
  }

  grpc::Status GetSaga(grpc::ServerContext* context, const saga::v1::GetSagaRequest* request,
                       saga::v1::GetSagaResponse* response) override {
    while (hang && !context->IsCancelled()) {
    }
    get_request = *request;
    *response = saga;
    return status;
  }

  grpc::Status OperateSaga(grpc::ServerContext* context, const saga::v1::OperateSagaRequest* request,
                           saga::v1::OperateSagaResponse* response) override {
    operate_requests.push_back(*request);
    if (request->dry_run()) {
      response->set_effect("the order ends CANCELLED once this is undone: payment, 50.00 USD");
      response->set_version(7);
    }
    const auto caller = context->client_metadata().find("ordersaga-caller-bin");
    if (caller != context->client_metadata().end()) {
      response->set_by(fmt::format("local ({})", std::string(caller->second.data(), caller->second.size())));
    }
    return status;
  }

  std::vector<saga::v1::ListSagasRequest> list_requests;
  std::vector<saga::v1::OperateSagaRequest> operate_requests;
  saga::v1::GetSagaRequest get_request;
  saga::v1::GetSagaResponse saga;
  grpc::Status status;
  int saga_count = 1;
  bool hang = false;
};

class SagactlTest : public ::testing::Test {
 protected:
  SagactlTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&admin_);
    server_ = builder.BuildAndStart();
    *admin_.saga.mutable_saga() = Summary();
    auto* step = admin_.saga.add_steps();
    step->set_name("payment");
    step->set_state("compensating");
    step->set_action_attempts(1);
    step->set_compensation_attempts(3);
    step->set_last_error("UNAVAILABLE: provider down");
    step->set_evidence("ch-1");
    auto* entry = admin_.saga.add_journal();
    entry->set_sequence(1);
    entry->set_event("order placed");
    entry->set_phase("waiting");
  }

  int Run(std::vector<std::string> args) {
    args.push_back("--address");
    args.push_back(fmt::format("127.0.0.1:{}", port_));
    return RunSagactl(args, {.out = out_, .err = err_, .in = in_});
  }

  FakeAdmin admin_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::ostringstream out_;
  std::ostringstream err_;
  std::istream* in_ = nullptr;
};

TEST_F(SagactlTest, ListShowsATableAndNothingOnStandardError) {
  EXPECT_EQ(Run({"list"}), kOk);
  EXPECT_EQ(out_.str(),
            "ID                                    ORDER    PHASE         STEP     "
            "ITEMS            TOTAL       UPDATED                   REASON\n"
            "018f0000-0000-7003-8000-00000000002a  PENDING  compensating  payment  "
            "2 x product-001  100.00 USD  2024-05-01 12:00:01.250Z  OUT_OF_STOCK\n");
  EXPECT_THAT(err_.str(), IsEmpty());
}

TEST_F(SagactlTest, ListAsJsonIsOneDocumentWithMinorUnitsAndRfc3339Times) {
  EXPECT_EQ(Run({"list", "-o", "json"}), kOk);
  EXPECT_EQ(out_.str(), R"({"sagas":[{"id":"018f0000-0000-7003-8000-00000000002a","status":"PENDING",)"
                        R"("phase":"compensating","step":"payment","reason":"OUT_OF_STOCK",)"
                        R"("lines":[{"item_id":"product-001","quantity":2}],)"
                        R"("total":{"amount_minor":10000,"currency":"USD"},)"
                        R"("user_email":"ada@example.com","created_at":"2024-05-01T12:00:00Z",)"
                        R"("updated_at":"2024-05-01T12:00:01.25Z","due_at":null}],"has_more":false})"
                        "\n");
}

TEST_F(SagactlTest, ListHandsOnItsFilters) {
  EXPECT_EQ(Run({"list", "--status", "cancelled", "--open", "--limit", "7"}), kOk);
  ASSERT_EQ(admin_.list_requests.size(), 1U);
  EXPECT_EQ(admin_.list_requests[0].status(), "CANCELLED");
  EXPECT_TRUE(admin_.list_requests[0].open_only());
  EXPECT_EQ(admin_.list_requests[0].page_size(), 7);
}

TEST_F(SagactlTest, ListFollowsPagesUpToTheLimitAndSaysThatThereAreMore) {
  admin_.saga_count = 9;
  EXPECT_EQ(Run({"list", "--limit", "5", "-o", "json"}), kOk);
  EXPECT_EQ(admin_.list_requests.size(), 3U);
  EXPECT_THAT(out_.str(), HasSubstr("\"has_more\":true"));
  EXPECT_THAT(err_.str(), HasSubstr("--limit 50"));
}

TEST_F(SagactlTest, AnEmptyListSaysSoOnStandardError) {
  admin_.saga_count = 0;
  EXPECT_EQ(Run({"list"}), kOk);
  EXPECT_THAT(out_.str(), IsEmpty());
  EXPECT_EQ(err_.str(), "No sagas match.\n");
}

TEST_F(SagactlTest, ShowPrintsPhaseStepsErrorsAndJournal) {
  EXPECT_EQ(Run({"show", kId}), kOk);
  EXPECT_EQ(admin_.get_request.id(), kId);
  for (const char* part :
       {kId, "Phase     compensating at payment", "Reason    OUT_OF_STOCK", "2 x product-001", "100.00 USD",
        "1, undo 3", "ch-1", "Last error of payment: UNAVAILABLE: provider down", "order placed"}) {
    EXPECT_THAT(out_.str(), HasSubstr(part));
  }
}

TEST_F(SagactlTest, ShowAsJsonHasStepsAndJournal) {
  EXPECT_EQ(Run({"show", kId, "-o", "json"}), kOk);
  EXPECT_THAT(out_.str(), StartsWith("{\"saga\":{\"id\":"));
  EXPECT_THAT(out_.str(), HasSubstr(R"("compensation_attempts":3,"started_at":null)"));
  EXPECT_THAT(out_.str(), HasSubstr(R"("journal":[{"sequence":1,"at":null,)"));
}

TEST_F(SagactlTest, RetryHandsOnWhoAndWhyAndPointsToShow) {
  EXPECT_EQ(Run({"retry", kId, "--reason", "payment is back", "--by", "ada"}), kOk);
  ASSERT_EQ(admin_.operate_requests.size(), 1U);
  EXPECT_EQ(admin_.operate_requests[0].id(), kId);
  EXPECT_EQ(admin_.operate_requests[0].reason(), "payment is back");
  EXPECT_EQ(out_.str(),
            fmt::format("The engine tries again, as asked by local (ada). Follow it: sagactl show {}\n", kId));
  EXPECT_THAT(err_.str(), IsEmpty());
}

TEST_F(SagactlTest, RetryIsAskedForByTheUserWhoIsLoggedIn) {
  setenv("USER", "grace", 1);  // NOLINT(concurrency-mt-unsafe) before the call
  EXPECT_EQ(Run({"retry", kId, "--reason", "r", "-o", "json"}), kOk);
  EXPECT_EQ(out_.str(), fmt::format("{{\"id\":\"{}\",\"verb\":\"retry\",\"done\":true,\"by\":\"local "
                                    "(grace)\",\"reason\":\"r\",\"retried\":true}}\n",
                                    kId));
  unsetenv("USER");  // NOLINT(concurrency-mt-unsafe)
}

TEST_F(SagactlTest, RetryWithoutAReasonIsAUsageErrorAndAsksNobody) {
  EXPECT_EQ(Run({"retry", kId, "--by", "ada"}), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--reason"));
  EXPECT_THAT(admin_.operate_requests, IsEmpty());
}

TEST_F(SagactlTest, RetryOfASagaAtWorkIsExitCode4AndPointsToWhy) {
  admin_.status = rpc::ToGrpc(
      MakeError(absl::StatusCode::kFailedPrecondition, "SAGA_AT_WORK", "the saga is neither parked nor waiting"));
  EXPECT_EQ(Run({"retry", kId, "--reason", "r", "--by", "ada"}), kConflict);
  EXPECT_EQ(
      err_.str(),
      fmt::format(
          "sagactl: the saga is neither parked nor waiting\nWhat it is doing, and what is possible: sagactl why {}\n",
          kId));
  EXPECT_THAT(out_.str(), IsEmpty());
}

TEST_F(SagactlTest, AnUnknownIdIsExitCode3) {
  admin_.status = rpc::ToGrpc(MakeError(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "no such order"));
  EXPECT_EQ(Run({"show", kId}), kNotFound);
  EXPECT_EQ(err_.str(), "sagactl: no such order\nTry: sagactl list\n");
  EXPECT_THAT(out_.str(), IsEmpty());
}

TEST_F(SagactlTest, ABadIdIsExitCode2AndNamesTheField) {
  admin_.status = rpc::ToGrpc(BadRequest({{"id", "must be a UUID"}}));
  EXPECT_EQ(Run({"show", "x"}), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("  id: must be a UUID\n"));
}

TEST_F(SagactlTest, BeforeMoneyMovesAPersonIsAskedAndTheSagaIsTheOneHeWasShown) {
  std::istringstream yes("y\n");
  in_ = &yes;
  EXPECT_EQ(Run({"cancel", kId, "--reason", "fraud"}), kOk);
  ASSERT_EQ(admin_.operate_requests.size(), 2U);
  EXPECT_TRUE(admin_.operate_requests[0].dry_run());
  EXPECT_FALSE(admin_.operate_requests[1].dry_run());
  EXPECT_EQ(admin_.operate_requests[1].expected_version(), 7);
  EXPECT_THAT(err_.str(),
              HasSubstr("cancel: the order ends CANCELLED once this is undone: payment, 50.00 USD\nGo on? [y/N]"));
}

TEST_F(SagactlTest, WhoDoesNotSayYesHasDoneNothing) {
  for (const char* answer : {"", "\n", "n\n", "yes please\n"}) {
    std::istringstream in(answer);
    in_ = &in;
    EXPECT_EQ(Run({"compensate", kId, "--reason", "fraud"}), kFailure);
    EXPECT_TRUE(admin_.operate_requests.back().dry_run());
  }
  EXPECT_THAT(err_.str(), HasSubstr("Nothing was done."));
}

TEST_F(SagactlTest, WhereNobodyCanBeAskedYesIsSaidBeforehand) {
  EXPECT_EQ(Run({"cancel", kId, "--reason", "fraud"}), kUsage);
  EXPECT_THAT(err_.str(), HasSubstr("--yes"));
  EXPECT_THAT(admin_.operate_requests, IsEmpty());
  EXPECT_EQ(Run({"cancel", kId, "--reason", "fraud", "--yes", "--expect", "5"}), kOk);
  ASSERT_EQ(admin_.operate_requests.size(), 1U);
  EXPECT_EQ(admin_.operate_requests[0].expected_version(), 5);
}

TEST_F(SagactlTest, ADryRunDoesNothingAndSaysHowToDoIt) {
  EXPECT_EQ(Run({"cancel", kId, "--reason", "fraud", "--dry-run"}), kOk);
  ASSERT_EQ(admin_.operate_requests.size(), 1U);
  EXPECT_TRUE(admin_.operate_requests[0].dry_run());
  EXPECT_THAT(out_.str(), HasSubstr("payment, 50.00 USD"));
  EXPECT_THAT(err_.str(), HasSubstr(fmt::format("sagactl cancel {} --expect 7", kId)));
}

TEST_F(SagactlTest, AnyOtherErrorIsExitCode1) {
  admin_.status = grpc::Status(grpc::INTERNAL, "broken");
  EXPECT_EQ(Run({"show", kId}), kFailure);
}

TEST_F(SagactlTest, NobodyThereIsExitCode5AndSaysHowToNameAnother) {
  server_->Shutdown();
  EXPECT_EQ(Run({"show", kId}), kUnreachable);
  EXPECT_THAT(err_.str(), HasSubstr("--address"));
}

TEST_F(SagactlTest, NoAnswerInTimeIsExitCode6) {
  admin_.hang = true;
  EXPECT_EQ(Run({"show", kId, "--timeout", "100ms"}), kTimeout);
  EXPECT_THAT(err_.str(), HasSubstr("--timeout"));
}

TEST_F(SagactlTest, UsageErrorsAreExitCode2OnStandardError) {
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{{},
                                                                                    {"lst"},
                                                                                    {"show"},
                                                                                    {"list", "--limit", "0"},
                                                                                    {"list", "--status", "DONE"},
                                                                                    {"list", "-o", "xml"},
                                                                                    {"list", "--timeout", "soon"},
                                                                                    {"list", "--color", "maybe"}}) {
    EXPECT_EQ(Run(args), kUsage);
  }
  EXPECT_THAT(out_.str(), IsEmpty());
  EXPECT_THAT(err_.str(), HasSubstr("Try: sagactl --help"));
}

TEST_F(SagactlTest, AnUnknownCommandIsNamed) {
  EXPECT_EQ(Run({"lst"}), kUsage);
  EXPECT_THAT(
      err_.str(),
      HasSubstr("no command 'lst'; there are list, count, show, why, retry, pause, resume, "
                "cancel, compensate, settle, skip, hold, release, participants, log, doctor, audit, events and keys"));
}

TEST_F(SagactlTest, HelpHasExamplesAndIsNoError) {
  EXPECT_EQ(Run({"--help"}), kOk);
  EXPECT_THAT(out_.str(), HasSubstr("Examples:"));
  EXPECT_EQ(Run({"list", "--help"}), kOk);
  EXPECT_EQ(Run({"--version"}), kOk);
  EXPECT_THAT(err_.str(), IsEmpty());
}

TEST_F(SagactlTest, ColoursComeOnlyWhenAskedFor) {
  EXPECT_EQ(Run({"list"}), kOk);
  EXPECT_THAT(out_.str(), Not(HasSubstr("\x1b")));
  EXPECT_EQ(Run({"list", "--color", "always"}), kOk);
  EXPECT_THAT(out_.str(), HasSubstr("\x1b[36mPENDING\x1b[0m"));
}

TEST_F(SagactlTest, ForeignTextCannotDriveTheTerminal) {
  admin_.saga.mutable_saga()->set_reason(
      "a\x1b[2Jb\xc2\x9b"
      "2Jc\xe2\x80\xae"
      "d\ne");
  EXPECT_EQ(Run({"show", kId}), kOk);
  EXPECT_THAT(out_.str(), HasSubstr("a [2Jb?2Jc d e"));
  EXPECT_EQ(Run({"show", kId, "-o", "json"}), kOk);
  EXPECT_THAT(out_.str(), Not(HasSubstr("\xc2\x9b")));
}

TEST(PrintableTest, KeepsOrdinaryText) {
  EXPECT_EQ(Printable("caf\xc3\xa9 \xe2\x82\xac 5"), "caf\xc3\xa9 \xe2\x82\xac 5");
  EXPECT_EQ(Width("caf\xc3\xa9"), 4U);
}

}  // namespace
}  // namespace ordersaga::cli

// Who is who over TLS, with real certificates and connections: who is admitted, who is not, and what a bad folder is
// told.
#include "platform/rpc/identity.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "ordersaga/payment/v1/payment.grpc.pb.h"
#include "platform/base/error.h"
#include "platform/rpc/channel.h"
#include "platform/rpc/server.h"
#include "policy/rules.h"

namespace ordersaga::rpc {
namespace {

using payment::v1::ChargeRequest;
using payment::v1::ChargeResponse;
using payment::v1::PaymentService;

// A folder of certificates by an authority of its own, removed at the end.
class Certificates {
 public:
  Certificates() {
    std::string name = std::filesystem::temp_directory_path() / "certs-XXXXXX";
    path_ = mkdtemp(name.data());
    Make("payment orchestrator gateway");
  }
  ~Certificates() { std::filesystem::remove_all(path_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  void Make(const std::string& programs) const {
    const std::string command = fmt::format("QUIET=1 {} --folder {} {}", CERTS, path_, programs);
    EXPECT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe): no other thread
  }
  std::string of(const std::string& program) const { return path_ + "/" + program; }

 private:
  std::string path_;
};

// Remembers who called.
class Payment {
 public:
  explicit Payment(const std::string& folder, KeyJudge keys = nullptr)
      : identity_("payment", folder, policy::Rules(), std::move(keys)) {
    EXPECT_TRUE(identity_.Check().ok()) << identity_.Check();
    EXPECT_TRUE(server_.Start().ok());
  }

  void AddTo(Served<PaymentService>& served) { served.Add("Charge", this, &Payment::Charge); }
  grpc::ServerUnaryReactor* Charge(grpc::CallbackServerContext* context, const ChargeRequest* /*request*/,
                                   ChargeResponse* response, const access::Principal& caller) {
    response->set_message(Signature(caller));
    return Answer(context, absl::OkStatus());
  }
  std::string address() const { return fmt::format("127.0.0.1:{}", server_.port()); }

 private:
  const Identity identity_;
  Served<PaymentService> served_{identity_.guard(), *this};
  RpcServer server_{{.address = "127.0.0.1:0", .identity = &identity_}, {&served_}};
};

// What a call with these credentials ends with; OK: as whom it was made.
absl::StatusOr<std::string> CallAs(const Payment& payment, const ChannelOptions& channel,
                                   const std::string& authorization = "") {
  const auto stub = PaymentService::NewStub(MakeChannel(payment.address(), channel));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  if (!authorization.empty()) context.AddMetadata("authorization", authorization);
  ChargeResponse response;
  const absl::Status status = FromGrpc(stub->Charge(&context, {}, &response));
  if (!status.ok()) return status;
  return response.message();
}

Identity Program(const std::string& name, const std::string& folder) {
  return {name, folder, {}};
}

absl::StatusCode CodeOf(const absl::StatusOr<std::string>& answer) {
  return answer.status().code();
}

TEST(Identity, WithoutAFolderEverybodyIsLocal) {
  const Payment payment("");
  EXPECT_EQ(CallAs(payment, Program("gateway", "").To("payment")).value(), "local");
}

TEST(Identity, ACertificateSaysWhichProgramCalls) {
  const Certificates certificates;
  const Payment payment(certificates.of("payment"));
  const Identity orchestrator = Program("orchestrator", certificates.of("orchestrator"));
  EXPECT_EQ(CallAs(payment, orchestrator.To("payment")).value(), "orchestrator");
  EXPECT_EQ(CodeOf(CallAs(payment, Program("gateway", certificates.of("gateway")).To("payment"))),
            absl::StatusCode::kPermissionDenied);
}

TEST(Identity, WhoShowsNoCertificateOfOursIsRefused) {
  const Certificates certificates;
  const Certificates strangers;
  const Payment payment(certificates.of("payment"));
  grpc::SslCredentialsOptions nothing;
  EXPECT_FALSE(CallAs(payment, {grpc::SslCredentials(nothing), "payment"}).ok()) << "does not know our authority";
  EXPECT_FALSE(CallAs(payment, {grpc::InsecureChannelCredentials(), ""}).ok()) << "in the clear";
  EXPECT_FALSE(CallAs(payment, Program("orchestrator", strangers.of("orchestrator")).To("payment")).ok());
}

TEST(Identity, AServerMustBeTheProgramThatWasMeant) {
  const Certificates certificates;
  const Payment payment(certificates.of("payment"));
  const Identity orchestrator = Program("orchestrator", certificates.of("orchestrator"));
  EXPECT_EQ(CodeOf(CallAs(payment, orchestrator.To("inventory"))), absl::StatusCode::kUnavailable);
}

TEST(Identity, AKeyCountsBeforeTheCertificate) {
  const Certificates certificates;
  const auto judge = [](std::string_view key) -> absl::StatusOr<access::Principal> {
    if (key != "osk_good") return MakeError(absl::StatusCode::kUnauthenticated, "UNAUTHENTICATED", "nobody's");
    return access::Principal{access::Principal::Kind::kKey, "3f2a", "acme", {access::Scope::kAdmin}};
  };
  const Payment payment(certificates.of("payment"), judge);
  const Identity orchestrator = Program("orchestrator", certificates.of("orchestrator"));
  EXPECT_EQ(CodeOf(CallAs(payment, orchestrator.To("payment"), "Bearer osk_bad")), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(CodeOf(CallAs(payment, orchestrator.To("payment"), "Basic osk_good")), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(CodeOf(CallAs(payment, orchestrator.To("payment"), "Bearer osk_good")), absl::StatusCode::kPermissionDenied)
      << "no key may charge";
}

TEST(Identity, WhoHasAKeyNeedsTheAuthoritysCertificateAlone) {
  const Certificates certificates;
  const auto judge = [](std::string_view) -> absl::StatusOr<access::Principal> {
    return access::Principal{access::Principal::Kind::kKey, "3f2a", "acme", {access::Scope::kAdmin}};
  };
  const Payment payment(certificates.of("payment"), judge);
  for (const char* name : {"/tls.crt", "/tls.key"}) std::filesystem::remove(certificates.of("gateway") + name);
  const Identity caller = Identity::OfCaller("sagactl", certificates.of("gateway"));
  EXPECT_TRUE(caller.Check().ok()) << caller.Check();
  EXPECT_EQ(CodeOf(CallAs(payment, caller.To("payment"))), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(CodeOf(CallAs(payment, caller.To("payment"), "Bearer osk_x")), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(CodeOf(CallAs(payment, caller.To("inventory"), "Bearer osk_x")), absl::StatusCode::kUnavailable);
}

TEST(Identity, NewCertificatesAreTakenUpWithoutARestart) {
  const Certificates certificates;
  const Payment payment(certificates.of("payment"));
  const Identity orchestrator = Program("orchestrator", certificates.of("orchestrator"));
  EXPECT_TRUE(CallAs(payment, orchestrator.To("payment")).ok());
  certificates.Make("payment orchestrator");
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(CallAs(payment, orchestrator.To("payment")).ok());
}

TEST(Identity, AFolderThatMakesNoSenseIsToldWhy) {
  const Certificates certificates;
  const auto why = [](const std::string& program, const std::string& folder) {
    const auto violations = ViolationsOf(Program(program, folder).Check());
    return violations.empty() ? "" : violations.at(0).field + ": " + violations.at(0).description;
  };
  EXPECT_EQ(why("payment", certificates.of("payment")), "");
  EXPECT_EQ(why("payment", "/nowhere"), "tls_folder: has no certificate of an authority in /nowhere/ca.crt");
  EXPECT_EQ(why("payment", certificates.of("gateway")),
            "tls_folder: has a certificate that does not name the URI spiffe://ordersaga/payment");
  namespace fs = std::filesystem;
  fs::copy_file(certificates.of("gateway") + "/tls.key", certificates.of("payment") + "/tls.key",
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(why("payment", certificates.of("payment")), "tls_folder: has a key that is not the certificate's");
  fs::remove(certificates.of("payment") + "/tls.key");
  EXPECT_NE(why("payment", certificates.of("payment")).find("has no private key in "), std::string::npos);
  fs::remove(certificates.of("payment") + "/tls.crt");
  EXPECT_NE(why("payment", certificates.of("payment")).find("has no certificate in "), std::string::npos);
}

}  // namespace
}  // namespace ordersaga::rpc

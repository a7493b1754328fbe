#include "platform/rpc/identity.h"

#include <fmt/format.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <unistd.h>

#include <algorithm>

#include "platform/access/certificate.h"
#include "platform/base/error.h"

namespace ordersaga::rpc {
namespace {

namespace tls = grpc::experimental;

constexpr unsigned kLookAgainSeconds = 5;
constexpr char kAuthority[] = "/ca.crt";

std::string IdOf(const std::string& program) {
  return "spiffe://ordersaga/" + program;
}

// Whether the server is the program that was meant. gRPC has checked the chain before.
class IsProgram final : public tls::ExternalCertificateVerifier {
 public:
  explicit IsProgram(const std::string& program) : id_(IdOf(program)) {}

  bool Verify(tls::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)> /*callback*/,
              grpc::Status* status) override {
    const auto names = request->uri_names();
    const bool named = std::any_of(names.begin(), names.end(),
                                   [&](const auto& name) { return std::string_view(name.data(), name.size()) == id_; });
    if (!named) *status = {grpc::StatusCode::UNAUTHENTICATED, "the server's certificate is not that of " + id_};
    return true;
  }
  void Cancel(tls::TlsCustomVerificationCheckRequest* /*request*/) override {}

 private:
  const std::string id_;
};

std::shared_ptr<tls::CertificateProviderInterface> ProviderOf(const std::string& folder, bool shows) {
  if (folder.empty()) return nullptr;
  if (!shows) return std::make_shared<tls::FileWatcherCertificateProvider>(folder + kAuthority, kLookAgainSeconds);
  return std::make_shared<tls::FileWatcherCertificateProvider>(
      folder + access::kKeyFile, folder + access::kCertificateFile, folder + kAuthority, kLookAgainSeconds);
}

Guard GuardOf(bool proves, const access::Policy& policy, KeyJudge keys) {
  return proves ? Guard::WithIdentities(policy, std::move(keys)) : Guard(policy);
}

absl::Status Bad(const std::string& why) {
  return BadRequest({{"tls_folder", why}});
}

}  // namespace

Identity::Identity(std::string program, std::string folder, std::vector<access::Rule> rules, KeyJudge keys)
    : Identity(std::move(program), std::move(folder), std::move(rules), std::move(keys), true) {}

Identity Identity::OfCaller(std::string program, std::string folder) {
  const bool shows = ::access((folder + access::kCertificateFile).c_str(), F_OK) == 0;
  return {std::move(program), std::move(folder), {}, nullptr, shows};
}

Identity::Identity(std::string program, std::string folder, std::vector<access::Rule> rules, KeyJudge keys, bool shows)
    : program_(std::move(program)),
      folder_(std::move(folder)),
      shows_(shows),
      policy_(std::move(rules)),
      provider_(ProviderOf(folder_, shows)),
      guard_(GuardOf(!folder_.empty(), policy_, std::move(keys))) {}

std::optional<int> Identity::Refused() const {
  const absl::Status status = Check();
  if (status.ok()) return std::nullopt;
  fmt::print(stderr, "{}: {}\n", program_, MessageOf(status));
  return 2;
}

absl::Status Identity::Check() const {
  if (folder_.empty()) return absl::OkStatus();
  if (!access::HoldsCertificate(folder_ + kAuthority)) {
    return Bad(fmt::format("has no certificate of an authority in {}{}", folder_, kAuthority));
  }
  return shows_ ? CheckOwn() : absl::OkStatus();
}

absl::Status Identity::CheckOwn() const {
  const absl::StatusOr<access::Certificate> certificate = access::Certificate::Of(folder_);
  if (!certificate.ok()) return Bad(std::string(certificate.status().message()));
  if (!certificate->Names(IdOf(program_))) {
    return Bad(fmt::format("has a certificate that does not name the URI {}", IdOf(program_)));
  }
  return absl::OkStatus();
}

void Identity::Export(Metrics& metrics) const {
  metrics.Read("ordersaga_calls_refused", "Calls by who had no credential that opens the method",
               [this] { return static_cast<double>(guard_.refused()); });
}

std::string Identity::ca_file() const {
  return folder_.empty() ? "" : folder_ + kAuthority;
}

std::shared_ptr<grpc::ServerCredentials> Identity::ForServer() const {
  if (provider_ == nullptr) return grpc::InsecureServerCredentials();
  tls::TlsServerCredentialsOptions options(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  // Not required: whoever has an API key has no certificate. The guard refuses who has neither.
  options.set_cert_request_type(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  return tls::TlsServerCredentials(options);
}

ChannelOptions Identity::To(const std::string& program) const {
  if (provider_ == nullptr) return {};
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_);
  options.watch_root_certs();
  if (shows_) options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(tls::ExternalCertificateVerifier::Create<IsProgram>(program));
  options.set_check_call_host(false);
  return {tls::TlsCredentials(options), program};
}

}  // namespace ordersaga::rpc

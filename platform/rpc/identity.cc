#include "platform/rpc/identity.h"

#include <fmt/format.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "platform/base/error.h"

namespace ordersaga::rpc {
namespace {

namespace tls = grpc::experimental;

constexpr unsigned kLookAgainSeconds = 5;
constexpr char kCertificate[] = "/tls.crt";
constexpr char kKey[] = "/tls.key";
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
  return std::make_shared<tls::FileWatcherCertificateProvider>(folder + kKey, folder + kCertificate,
                                                               folder + kAuthority, kLookAgainSeconds);
}

Guard GuardOf(bool proves, const access::Policy& policy, KeyJudge keys) {
  return proves ? Guard::WithIdentities(policy, std::move(keys)) : Guard(policy);
}

absl::Status Bad(const std::string& why) {
  return BadRequest({{"tls_folder", why}});
}

template <typename T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

// What `read` makes of a PEM file; null if it is none.
template <typename T>
Owned<T> ReadPem(const std::string& path, T* (*read)(FILE*, T**, pem_password_cb*, void*), void (*free)(T*)) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  return {file == nullptr ? nullptr : read(file.get(), nullptr, nullptr, nullptr), free};
}

bool Names(X509* certificate, const std::string& id) {
  const Owned<GENERAL_NAMES> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      [](GENERAL_NAMES* all) { GENERAL_NAMES_free(all); });
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_STRING* uri = name->d.uniformResourceIdentifier;
    if (id == std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                               static_cast<std::size_t>(ASN1_STRING_length(uri)))) {
      return true;
    }
  }
  return false;
}

}  // namespace

Identity::Identity(std::string program, std::string folder, std::vector<access::Rule> rules, KeyJudge keys)
    : Identity(std::move(program), std::move(folder), std::move(rules), std::move(keys), true) {}

Identity Identity::OfCaller(std::string program, std::string folder) {
  const bool shows = ::access((folder + kCertificate).c_str(), F_OK) == 0;
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
  if (ReadPem<X509>(folder_ + kAuthority, PEM_read_X509, X509_free) == nullptr) {
    return Bad(fmt::format("has no certificate of an authority in {}{}", folder_, kAuthority));
  }
  return shows_ ? CheckOwn() : absl::OkStatus();
}

absl::Status Identity::CheckOwn() const {
  const auto certificate = ReadPem<X509>(folder_ + kCertificate, PEM_read_X509, X509_free);
  if (certificate == nullptr) return Bad(fmt::format("has no certificate in {}{}", folder_, kCertificate));
  const auto key = ReadPem<EVP_PKEY>(folder_ + kKey, PEM_read_PrivateKey, EVP_PKEY_free);
  if (key == nullptr) return Bad(fmt::format("has no private key in {}{}", folder_, kKey));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) return Bad("has a key that is not the certificate's");
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0)
    return Bad("has a certificate that has expired");
  if (!Names(certificate.get(), IdOf(program_))) {
    return Bad(fmt::format("has a certificate that does not name the URI {}", IdOf(program_)));
  }
  return absl::OkStatus();
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

std::shared_ptr<grpc::ChannelCredentials> Identity::To(const std::string& program) const {
  if (provider_ == nullptr) return grpc::InsecureChannelCredentials();
  tls::TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_);
  options.watch_root_certs();
  if (shows_) options.watch_identity_key_cert_pairs();
  options.set_certificate_verifier(tls::ExternalCertificateVerifier::Create<IsProgram>(program));
  options.set_check_call_host(false);
  return tls::TlsCredentials(options);
}

}  // namespace ordersaga::rpc

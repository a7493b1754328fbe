#include "platform/http/tls.h"

#include <sys/stat.h>

#include <string_view>

#include "platform/access/certificate.h"
#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::http {
namespace {

namespace ssl = boost::asio::ssl;

// A client that names what it speaks (ALPN, RFC 7301) and means HTTP/2 only is told so by the handshake's failure.
int ChooseHttp11(SSL* /*connection*/, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                 unsigned int offered_length, void* /*argument*/) {
  constexpr std::string_view kHttp11 = "http/1.1";
  for (unsigned int at = 0; at < offered_length; at += 1U + offered[at]) {
    const std::string_view one(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
    if (one != kHttp11) continue;
    *chosen = offered + at + 1;
    *length = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

absl::StatusOr<std::shared_ptr<ssl::context>> ContextOf(const std::string& folder) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const raw = context->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20");  // of 1.2; those of 1.3 are all good
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(raw, ChooseHttp11, nullptr);
  boost::system::error_code error;
  context->use_certificate_chain_file(folder + access::kCertificateFile, error);
  if (!error) context->use_private_key_file(folder + access::kKeyFile, ssl::context::pem, error);
  if (error) return absl::InvalidArgumentError("cannot be used: " + error.message());
  return context;
}

// 0: there is none.
std::int64_t LastChange(const std::string& file) {
  struct stat found {};
  if (stat(file.c_str(), &found) != 0) return 0;
  return absl::ToUnixNanos(absl::TimeFromTimespec(found.st_mtim)) ^ static_cast<std::int64_t>(found.st_ino << 1U);
}

}  // namespace

Tls::Version Tls::LookAtFiles() const {
  return {LastChange(folder_ + access::kCertificateFile), LastChange(folder_ + access::kKeyFile)};
}

absl::Status Tls::Read() {
  absl::MutexLock lock(&mu_);
  return ReadLocked();
}

absl::Status Tls::ReadLocked() {
  version_ = LookAtFiles();
  const absl::StatusOr<access::Certificate> certificate = access::Certificate::Of(folder_);
  if (!certificate.ok()) return certificate.status();
  auto context = ContextOf(folder_);
  if (!context.ok()) return context.status();
  context_ = *std::move(context);
  expires_ = certificate->expires();
  return absl::OkStatus();
}

std::shared_ptr<ssl::context> Tls::Current() {
  absl::MutexLock lock(&mu_);
  const absl::Duration now = clock_.Monotonic();
  if (now < look_again_) return context_;
  look_again_ = now + absl::Seconds(1);
  if (LookAtFiles() == version_) return context_;
  const absl::Status status = ReadLocked();
  if (status.ok()) {
    LogInfo("the certificate for clients was replaced", {{"expires", absl::FormatTime(expires_, absl::UTCTimeZone())}});
  } else {
    LogWarn("the new certificate for clients is not taken", {{"why", std::string(status.message())}});
  }
  return context_;
}

absl::Time Tls::expires() const {
  absl::MutexLock lock(&mu_);
  return expires_;
}

}  // namespace ordersaga::http

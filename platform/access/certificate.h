// A certificate that a program shows, as cert-manager and deploy/certs write it: the chain and its private key, tls.crt
// and tls.key in a folder.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace ordersaga::access {

inline constexpr char kCertificateFile[] = "/tls.crt";
inline constexpr char kKeyFile[] = "/tls.key";

class Certificate {
 public:
  // INVALID_ARGUMENT: what is wrong, to be said after the name of the setting that names the folder: "has no private
  // key in ...", "has a certificate that has expired". Reads the files.
  static absl::StatusOr<Certificate> Of(const std::string& folder);

  // Whether it is for this URI.
  bool Names(const std::string& uri) const;
  absl::Time expires() const;

 private:
  using Owned = std::unique_ptr<X509, void (*)(X509*)>;
  explicit Certificate(Owned first) : first_(std::move(first)) {}

  Owned first_;  // of the chain
};

// Whether the file begins with a certificate.
bool HoldsCertificate(const std::string& file);

}  // namespace ordersaga::access

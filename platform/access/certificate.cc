#include "platform/access/certificate.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <ctime>
#include <string_view>
#include <utility>

namespace ordersaga::access {
namespace {

template <typename T>
using Freed = std::unique_ptr<T, void (*)(T*)>;

// What `read` makes of a PEM file; null if it is none.
template <typename T>
Freed<T> ReadPem(const std::string& path, T* (*read)(FILE*, T**, pem_password_cb*, void*), void (*free)(T*)) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
  return {file == nullptr ? nullptr : read(file.get(), nullptr, nullptr, nullptr), free};
}

absl::Status Bad(const std::string& why) {
  return absl::InvalidArgumentError(why);
}

}  // namespace

absl::StatusOr<Certificate> Certificate::Of(const std::string& folder) {
  auto certificate = ReadPem<X509>(folder + kCertificateFile, PEM_read_X509, X509_free);
  if (certificate == nullptr) return Bad(fmt::format("has no certificate in {}{}", folder, kCertificateFile));
  const auto key = ReadPem<EVP_PKEY>(folder + kKeyFile, PEM_read_PrivateKey, EVP_PKEY_free);
  if (key == nullptr) return Bad(fmt::format("has no private key in {}{}", folder, kKeyFile));
  if (X509_check_private_key(certificate.get(), key.get()) != 1) return Bad("has a key that is not the certificate's");
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
    return Bad("has a certificate that has expired");
  }
  return Certificate(std::move(certificate));
}

bool Certificate::Names(const std::string& uri) const {
  const Freed<GENERAL_NAMES> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(first_.get(), NID_subject_alt_name, nullptr, nullptr)),
      [](GENERAL_NAMES* all) { GENERAL_NAMES_free(all); });
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_STRING* text = name->d.uniformResourceIdentifier;
    if (uri == std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                static_cast<std::size_t>(ASN1_STRING_length(text)))) {
      return true;
    }
  }
  return false;
}

absl::Time Certificate::expires() const {
  std::tm civil{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(first_.get()), &civil) != 1) return absl::InfinitePast();
  return absl::FromTM(civil, absl::UTCTimeZone());
}

bool HoldsCertificate(const std::string& file) {
  return ReadPem<X509>(file, PEM_read_X509, X509_free) != nullptr;
}

}  // namespace ordersaga::access

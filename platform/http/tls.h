// The server's side of TLS: the certificate it shows, read again when its files change, and what every handshake must
// be like: TLS 1.2 or 1.3, forward secrecy, authenticated ciphers, HTTP/1.1 if the client says what it would speak.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "platform/base/clock.h"

namespace ordersaga::http {

// Thread-safe.
class Tls {
 public:
  // `folder`: with tls.crt, the chain, and tls.key.
  Tls(std::string folder, const Clock& clock) : folder_(std::move(folder)), clock_(clock) {}

  // Reads the files: INVALID_ARGUMENT, to be said after the setting's name, if they make no certificate to show.
  absl::Status Read();

  // For a new connection; after Read. Looks at the files, once a second at most, and takes up what is new in them. What
  // makes no certificate is said in the log, and the one before stays.
  std::shared_ptr<boost::asio::ssl::context> Current();

  // When the certificate ends that is shown now.
  absl::Time expires() const;

 private:
  // What tells one version of the files from another.
  struct Version {
    std::int64_t certificate = 0;
    std::int64_t key = 0;
    bool operator==(const Version&) const = default;
  };
  Version LookAtFiles() const;
  absl::Status ReadLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string folder_;
  const Clock& clock_;
  mutable absl::Mutex mu_;
  std::shared_ptr<boost::asio::ssl::context> context_ ABSL_GUARDED_BY(mu_);
  Version version_ ABSL_GUARDED_BY(mu_);
  absl::Time expires_ ABSL_GUARDED_BY(mu_);
  absl::Duration look_again_ ABSL_GUARDED_BY(mu_) = absl::ZeroDuration();  // monotonic
};

}  // namespace ordersaga::http

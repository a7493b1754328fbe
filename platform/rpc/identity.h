// What a program proves to others, and how it knows them: its certificates, and the policy they are judged by.
//
// A folder holds tls.crt (the chain), tls.key and ca.crt, as cert-manager and deploy/certs write them. The certificate
// names its program as the URI spiffe://ordersaga/<program>. All three files are read again when they change, for new
// connections; a server ends each of its connections within ten minutes, and whoever comes again shows what he has
// then. To change them, replace the folder or a link to it, so that key and certificate change together.
#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "platform/rpc/channel.h"
#include "platform/rpc/guard.h"
#include "platform/runtime/metrics.h"

namespace ordersaga::rpc {

// Thread-safe. Outlives what is made with it.
class Identity {
 public:
  // `folder` empty: no TLS, and everybody is the principal `local`. `keys`: for who takes API keys as well.
  Identity(std::string program, std::string folder, std::vector<access::Rule> rules, KeyJudge keys = nullptr);
  // Of who only calls, and shows an API key: his folder may hold ca.crt alone.
  static Identity OfCaller(std::string program, std::string folder);

  // Reads the files: INVALID_ARGUMENT, naming the setting `tls_folder`, if one is missing, makes no sense, does not fit
  // the others, or is not the program's. OK without a folder.
  absl::Status Check() const;
  // For main: the exit code, after saying why, if Check refuses.
  std::optional<int> Refused() const;

  const Guard& guard() const { return guard_; }
  // The metric ordersaga_calls_refused.
  void Export(Metrics& metrics) const;
  // The file with the authority's certificate, for other libraries; empty without a folder.
  std::string ca_file() const;
  bool proves() const { return provider_ != nullptr; }
  std::shared_ptr<grpc::ServerCredentials> ForServer() const;
  // For a channel to `program`: whoever answers there must show that he is it, whatever his address.
  ChannelOptions To(const std::string& program) const;

 private:
  Identity(std::string program, std::string folder, std::vector<access::Rule> rules, KeyJudge keys, bool shows);

  absl::Status CheckOwn() const;

  const std::string program_;
  const std::string folder_;
  const bool shows_;  // a certificate of its own
  const access::Policy policy_;
  const std::shared_ptr<grpc::experimental::CertificateProviderInterface> provider_;
  const Guard guard_;
};

}  // namespace ordersaga::rpc

// The one way to make a gRPC channel here.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/security/credentials.h>

#include <memory>
#include <string>

namespace ordersaga::rpc {

struct ChannelOptions {
  // Without: in the clear, for this machine only.
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  std::string server;         // under TLS: the program that is asked for its certificate; empty: the address' name
  int max_message = 1 << 20;  // the largest answer that is taken, in bytes
};

// To one address: "host:port", "[::1]:port", or a target as gRPC writes it. For a service with several there is
// rpc::Replicas (replicas.h), which makes one of these for each.
//
// gRPC's own retries are off: repeating is the saga's business. Keepalive
// ends the calls to a peer that is frozen or cut off within five seconds; a lost connection is tried again at most a
// second later. Thread-safe; share it.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, const ChannelOptions& options = {});

}  // namespace ordersaga::rpc

// The one way to make a gRPC channel here.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

namespace ordersaga::rpc {

// Plaintext, for loopback and private networks. gRPC's own retries are off: repeating is the saga's business.
// Keepalive finds dead peers; a lost connection is tried again at most a second later. Thread-safe; share it.
// `max_message`: the largest answer that is taken, in bytes.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, int max_message = 1 << 20);

}  // namespace ordersaga::rpc

// How sagactl reaches the programs: over TLS where a folder with certificates is named, with an API key where there is
// one, else in the clear on this machine.
//
// Whether a gRPC server answers at an address is asked before the first call: gRPC 1.51 needs this: over round_robin, a
// call to something that answers HTTP/1.1 200 crashes the program, since the failure to connect is then called OK.
// Without a call nothing crashes.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "sagactl/options.h"

namespace ordersaga::cli {

// A channel to one of `program`'s addresses. The key goes to the orchestrator only, which alone knows keys.
std::shared_ptr<grpc::Channel> Dial(const Options& options, const std::string& addresses, const std::string& program,
                                    int max_message = 1 << 20);

// Whom amqps:// believes: the folder's authority, or (empty) the system's.
std::string CaFile(const Options& options);

// What is wrong with the folder or the key; OK if neither is named.
absl::Status CheckCredentials(const Options& options);

// Blocks for at most the time-out. Errors, with the address: UNAVAILABLE, nobody answers there, or something that does
// not speak gRPC; DEADLINE_EXCEEDED, no answer in time.
absl::Status Reach(const Options& options, const std::string& address, const std::string& program);

// The call fails with DEADLINE_EXCEEDED once the time-out has passed. It says who is at the keyboard, which counts
// where nobody can prove it.
void Prepare(grpc::ClientContext* context, const Options& options);

}  // namespace ordersaga::cli

#include "platform/http/process_options.h"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>

#include "platform/base/error.h"
#include "platform/http/health.h"

namespace ordersaga::http {
namespace {

absl::Status CheckOpen(const ProcessOptions& options) {
  if (!IsOpen(options.bind_address) || !options.tls_folder.empty()) return absl::OkStatus();
  return BadRequest(
      {{"tls_folder", fmt::format("must name certificates where bind_address, {}, lets other machines in: "
                                  "without them whoever comes may do all. deploy/certs makes some; or "
                                  "set bind_address to 127.0.0.1",
                                  options.bind_address)}});
}

}  // namespace

bool IsOpen(const std::string& bind_address) {
  if (bind_address == "localhost") return false;
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(bind_address, error);
  return error || !address.is_loopback();
}

void AddProcessConfig(Config& config, ProcessOptions* options) {
  AddLogConfig(config, &options->log);
  config.Add("bind_address", &options->bind_address, "the address to listen on");
  config.Add("server_port", &options->server_port, 0, 65535, "the port to serve on");
  config.Add("admin_port", &options->admin_port, 0, 65535, "the port of /livez, /readyz, /metrics and /version");
  config.Add(
      "tls_folder", &options->tls_folder,
      "a folder with tls.crt, tls.key and ca.crt: gRPC by mutual TLS; empty: in the clear, for this machine only");
  config.Add("drain_timeout", &options->drain_timeout, absl::Seconds(1), absl::Minutes(10),
             "how long a stop may take before the process ends at once");
  config.AddCommand({.name = "health",
                     .help = "ask the one that runs with these settings whether it is ready, and exit: 0 yes, 1 no"});
}

void AddServiceConfig(Config& config, ProcessOptions* options) {
  AddProcessConfig(config, options);
  config.Add("reflection", &options->reflection, "lets whoever reaches the port list the methods, as grpcurl does");
}

std::optional<int> BeginProcess(Config& config, ProcessOptions& options, int argc, char** argv) {
  if (const auto code = config.Load(argc, argv)) return code;
  if (config.command() == "health") {
    const absl::Status status = AskHealth(options.bind_address, static_cast<int>(options.admin_port));
    fmt::print(status.ok() ? stdout : stderr, "{}: {}\n", config.program(), status.ok() ? "ready" : MessageOf(status));
    return status.ok() ? 0 : 1;
  }
  const bool listens = config.command().empty();
  for (const auto& status : {listens ? CheckOpen(options) : absl::OkStatus(), InitLogging(options.log)}) {
    if (status.ok()) continue;
    fmt::print(stderr, "{}: {}\n", config.program(), MessageOf(status));
    return 2;
  }
  return std::nullopt;
}

}  // namespace ordersaga::http

#include "gateway/settings.h"

#include <fmt/format.h>

#include "platform/base/error.h"

namespace ordersaga::gateway {

Settings::Settings() {
  process.log.service = "gateway";
  process.server_port = 8080;
  process.admin_port = 9080;
}

void AddConfig(Config& config, Settings* settings) {
  http::HttpOptions& http = settings->http;
  const absl::Duration least = absl::Milliseconds(100);
  const absl::Duration most = absl::Minutes(10);
  http::AddProcessConfig(config, &settings->process);
  config.AddAddresses("orchestrator_address", &settings->orchestrator_address, "the orchestrator's gRPC address");
  config.AddAddresses("payment_address", &settings->payment_address, "payment's gRPC address; read from only");
  config.AddAddresses("inventory_address", &settings->inventory_address, "inventory's gRPC address; read from only");
  config.Add("allowed_hosts", &settings->allowed_hosts,
             "names it answers as, separated by commas, beside localhost and addresses: shop.example,gateway");
  config.Add("https_folder", &http.https_folder,
             "serves HTTPS with tls.crt and tls.key of this folder, read again when they change; without it HTTP");
  config.Add("plain_http", &settings->plain_http,
             "true: HTTP although other machines reach it, because what stands in front of it has ended TLS");
  config.Add("open_routes", &settings->open_routes,
             "routes that need no API key where keys are in force: \"POST /api/v1/orders,GET /health\"");
  config.Add("client_rate", &settings->client_rate, 0, 1'000'000,
             "requests a second that a client with API keys may make at this gateway; more get 429; 0: any number");
  config.Add("request_timeout", &settings->request_timeout, least, most,
             "how long a request may wait for a service before 503 or 504");
  config.Add("longest_wait", &settings->longest_wait, least, most, "that a client may ask for with Prefer: wait");
  config.Add("heartbeat", &settings->heartbeat, least, most, "between signs of life on a silent event stream");
  config.Add("max_connections", &http.max_connections, 1, 1'000'000, "connections at once; more get 503");
  config.Add("max_connections_per_address", &http.max_connections_per_address, 1, 1'000'000,
             "connections at once from one address; likewise, and 429");
  config.Add("max_requests", &http.max_requests, 1, 1'000'000, "requests waiting for their answer; more get 503");
  config.Add("max_streams", &http.max_streams, 1, 1'000'000, "event streams at once; more get 503");
  config.Add("max_body", &http.max_body, 64, 1 << 30, "bytes of a body; more get 413");
  config.Add("client_timeout", &http.client_timeout, least, most,
             "for all headers to arrive, for a body (later gets 408), and for the client to take the answer");
  config.Add("idle_timeout", &http.idle_timeout, least, most, "after which a silent connection is closed");
}

absl::Status CheckOpen(const Settings& settings) {
  const std::string& address = settings.process.bind_address;
  if (!http::IsOpen(address) || !settings.http.https_folder.empty() || settings.plain_http) return absl::OkStatus();
  return BadRequest({{"https_folder", fmt::format("must name a certificate where bind_address, {}, lets other machines "
                                                  "in; or set plain_http to true, where a proxy ends TLS",
                                                  address)}});
}

http::HttpOptions ToHttpOptions(const Settings& settings) {
  http::HttpOptions options = settings.http;
  options.bind_address = settings.process.bind_address;
  options.port = settings.process.server_port;
  options.drain = settings.process.drain_timeout / 2;
  return options;
}

}  // namespace ordersaga::gateway

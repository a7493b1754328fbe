#include "gateway/settings.h"

namespace ordersaga::gateway {

Settings::Settings() {
  process.log.service = "gateway";
  process.server_port = 8080;
  process.admin_port = 9080;
}

void AddConfig(Config& config, Settings* settings) {
  http::HttpOptions& http = settings->http;
  InputLimits& input = settings->input;
  const absl::Duration least = absl::Milliseconds(100);
  const absl::Duration most = absl::Minutes(10);
  http::AddProcessConfig(config, &settings->process);
  config.AddAddresses("orchestrator_address", &settings->orchestrator_address, "the orchestrator's gRPC address");
  config.AddAddresses("payment_address", &settings->payment_address, "payment's gRPC address; read from only");
  config.AddAddresses("inventory_address", &settings->inventory_address, "inventory's gRPC address; read from only");
  config.Add("request_timeout", &settings->request_timeout, least, most,
             "how long a request may wait for a service before 503 or 504");
  config.Add("longest_wait", &settings->longest_wait, least, most, "that a client may ask for with Prefer: wait");
  config.Add("heartbeat", &settings->heartbeat, least, most, "between signs of life on a silent event stream");
  config.Add("http_threads", &http.threads, 1, 64, "that serve connections");
  config.Add("max_connections", &http.max_connections, 1, 1'000'000, "connections at once; more get 503");
  config.Add("max_connections_per_address", &http.max_connections_per_address, 1, 1'000'000,
             "connections at once from one address; likewise, and 429");
  config.Add("max_requests", &http.max_requests, 1, 1'000'000, "requests waiting for their answer; more get 503");
  config.Add("max_streams", &http.max_streams, 1, 1'000'000, "event streams at once; more get 503");
  config.Add("max_uri", &http.max_uri, 64, 65536, "bytes of a URI; more get 414");
  config.Add("max_header", &http.max_header, 256, 1 << 20, "bytes of all headers; more get 431");
  config.Add("max_body", &http.max_body, 64, 1 << 30, "bytes of a body; more get 413");
  config.Add("header_timeout", &http.header_timeout, least, most, "for all headers to arrive; later gets 408");
  config.Add("body_timeout", &http.body_timeout, least, most,
             "for a body to arrive (later gets 408), and for the client to take the answer");
  config.Add("idle_timeout", &http.idle_timeout, least, most, "after which a silent connection is closed");
  config.Add("max_json_depth", &input.json_depth, 2, 64, "levels of a JSON body; more get 400");
  config.Add("max_lines", &input.lines, 1, 50, "items of an order; more get 400");
  config.Add("max_quantity", &input.quantity, 1, 2'147'483'647, "of an item; more gets 400");
}

http::HttpOptions ToHttpOptions(const Settings& settings) {
  http::HttpOptions options = settings.http;
  options.bind_address = settings.process.bind_address;
  options.port = settings.process.server_port;
  options.drain = settings.process.drain_timeout / 2;
  return options;
}

}  // namespace ordersaga::gateway

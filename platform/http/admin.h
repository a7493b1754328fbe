// Every process's port for machines and operators, on loopback: /livez, /readyz(?verbose), /metrics, /version.
// /livez says that the process runs and looks at nothing else; /readyz says whether it should be given work.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "platform/http/server.h"
#include "platform/runtime/metrics.h"

namespace ordersaga::http {

struct ReadinessCheck {
  std::string name;
  std::function<absl::Status()> check;  // quick, never blocks; any thread
};

// The answer of /readyz; also for the main port of an HTTP process.
Response Readiness(const std::vector<ReadinessCheck>& checks, bool draining, bool verbose);

class AdminServer final : public Service {
 public:
  AdminServer(std::string bind_address, int port, const Metrics& metrics, std::vector<ReadinessCheck> checks,
              const Clock& clock, Rng& rng);

  absl::Status Start() override { return server_.Start(); }
  // Not ready from now on. The server itself goes on answering until Stop.
  void Drain() override { draining_ = true; }
  void Stop() override { server_.Stop(); }
  bool draining() const { return draining_; }

 private:
  Router MakeRouter(const Metrics& metrics);

  const std::vector<ReadinessCheck> checks_;
  std::atomic<bool> draining_{false};
  HttpServer server_;
};

}  // namespace ordersaga::http

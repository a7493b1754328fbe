#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

#include "platform/base/fault_point.h"

namespace ordersaga {
namespace {

struct Armed {
  std::string point;
  int signal = 0;
  int nth = 1;
};

// "<point>:<kill|stop>[:<nth>]"
Armed Parse(const char* text) {
  Armed armed;
  if (text == nullptr) return armed;
  const std::string spec(text);
  const std::size_t first = spec.find(':');
  if (first == std::string::npos) return armed;
  const std::size_t second = spec.find(':', first + 1);
  armed.point = spec.substr(0, first);
  armed.signal = spec.substr(first + 1, second - first - 1) == "stop" ? SIGSTOP : SIGKILL;
  if (second != std::string::npos) armed.nth = std::atoi(spec.c_str() + second + 1);
  return armed;
}

}  // namespace

void FaultPoint(const char* point) {
  // Set before main() and never changed, so reading the environment is safe here.
  static const Armed armed = Parse(std::getenv("ORDERSAGA_FAULT"));  // NOLINT(concurrency-mt-unsafe)
  static std::atomic<int> hits{0};
  if (armed.point != point) return;
  if (hits.fetch_add(1) + 1 == armed.nth) ::kill(::getpid(), armed.signal);
}

}  // namespace ordersaga

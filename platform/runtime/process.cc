#include "platform/runtime/process.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <new>
#include <string_view>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "platform/base/error.h"
#include "platform/runtime/log.h"
#include "platform/runtime/supervisor.h"

namespace ordersaga {
namespace {

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// Ends the process when a second signal comes or the time is up. Detached: it dies with the process.
void WatchDrain(absl::Duration limit) {
  std::thread([limit] {
    const sigset_t set = Signals();
    const timespec timeout = absl::ToTimespec(limit);
    const int signal = sigtimedwait(&set, nullptr, &timeout);
    LogWarn(signal > 0 ? "second signal: ending at once" : "drain took too long: ending at once");
    _exit(1);
  }).detach();
}

// Logging would want memory.
[[noreturn]] void EndOutOfMemory() {
  constexpr std::string_view kLastWords = "out of memory: the process ends\n";
  if (write(STDERR_FILENO, kLastWords.data(), kLastWords.size()) < 0) _exit(1);
  std::abort();
}

void StopAll(const std::vector<Service*>& services) {
  for (auto it = services.rbegin(); it != services.rend(); ++it) (*it)->Stop();
}

}  // namespace

void PrepareProcess() {
  const sigset_t set = Signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  umask(077);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  std::set_new_handler(EndOutOfMemory);
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

void TakeSignalsAgain() {
  const sigset_t set = Signals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

bool SignalledWithin(absl::Duration wait) {
  const sigset_t set = Signals();
  const timespec timeout = absl::ToTimespec(wait);
  return sigtimedwait(&set, nullptr, &timeout) > 0;
}

int RunUntilSignal(const std::vector<Service*>& services, absl::Duration drain_timeout) {
  for (Service* service : services) {
    if (const absl::Status status = service->Start(); !status.ok()) {
      LogError("could not start", {{"error", MessageOf(status)}});
      StopAll(services);
      return status.code() == absl::StatusCode::kFailedPrecondition ? 2 : 1;
    }
  }
  LogInfo("started");
  TellSupervisor("READY=1\nSTATUS=running");
  const sigset_t set = Signals();
  int signal = 0;
  sigwait(&set, &signal);
  LogInfo("stopping", {{"signal", std::to_string(signal)}});
  TellSupervisor("STOPPING=1");
  WatchDrain(drain_timeout);
  for (auto it = services.rbegin(); it != services.rend(); ++it) (*it)->Drain();
  StopAll(services);
  LogInfo("stopped");
  return 0;
}

}  // namespace ordersaga

// A TCP proxy on loopback that a test can cut, freeze and close: the broker behind it seems to
// break.
#pragma once

#include <list>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace ordersaga {

// Thread-safe. Owns a thread.
class TcpGate {
 public:
  // Forwards connections to host:port. Aborts the test program if it cannot listen.
  TcpGate(std::string host, int port);
  ~TcpGate();

  int port() const { return port_; }

  void Cut();               // drops all connections; new ones are welcome
  void SetFrozen(bool on);  // nothing is forwarded, nothing is dropped
  void SetClosed(bool on);  // as Cut, and new connections are dropped as soon as they come

 private:
  struct Link {
    int client = -1;
    int server = -1;
  };

  void Run();
  void Accept() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void DropAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Wake();

  const std::string host_;
  const int server_port_;
  int listener_ = -1;
  int wake_fd_ = -1;
  int port_ = 0;
  absl::Mutex mu_;
  std::list<Link> links_ ABSL_GUARDED_BY(mu_);
  bool frozen_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace ordersaga

#include "tests/integration/platform/amqp/tcp_gate.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace ordersaga {
namespace {

int Dial(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return -1;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected = connect(fd, found->ai_addr, found->ai_addrlen) == 0;
  freeaddrinfo(found);
  if (connected) return fd;
  close(fd);
  return -1;
}

// Moves what is there; false when the connection is over.
bool Forward(int from, int to) {
  std::array<char, 65536> buffer;
  const ssize_t got = recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN;
  for (ssize_t sent = 0; sent < got;) {
    const ssize_t n = send(to, buffer.data() + sent, got - sent, MSG_NOSIGNAL);
    if (n <= 0) return false;
    sent += n;
  }
  return got > 0;
}

}  // namespace

TcpGate::TcpGate(std::string host, int port) : host_(std::move(host)), server_port_(port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

TcpGate::~TcpGate() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  Wake();
  thread_.join();
  absl::MutexLock lock(&mu_);
  DropAll();
  close(listener_);
  close(wake_fd_);
}

void TcpGate::Cut() {
  absl::MutexLock lock(&mu_);
  DropAll();
}

void TcpGate::SetFrozen(bool on) {
  absl::MutexLock lock(&mu_);
  frozen_ = on;
  Wake();
}

void TcpGate::SetClosed(bool on) {
  absl::MutexLock lock(&mu_);
  closed_ = on;
  DropAll();
}

void TcpGate::Run() {
  while (true) {
    std::vector<pollfd> fds{{wake_fd_, POLLIN, 0}};
    {
      absl::MutexLock lock(&mu_);
      if (stopping_) return;
      if (!frozen_) {
        fds.push_back({listener_, POLLIN, 0});
        for (const Link& link : links_) {
          fds.push_back({link.client, POLLIN, 0});
          fds.push_back({link.server, POLLIN, 0});
        }
      }
    }
    poll(fds.data(), fds.size(), -1);
    std::uint64_t count = 0;
    (void)!read(wake_fd_, &count, sizeof(count));
    absl::MutexLock lock(&mu_);
    if (frozen_) continue;
    Accept();
    links_.remove_if([](const Link& link) {
      if (Forward(link.client, link.server) && Forward(link.server, link.client)) return false;
      close(link.client);
      close(link.server);
      return true;
    });
  }
}

void TcpGate::Accept() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = closed_ ? -1 : Dial(host_, server_port_);
  if (server < 0) {
    close(client);
  } else {
    links_.push_back({client, server});
  }
}

void TcpGate::DropAll() {
  for (const Link& link : links_) {
    close(link.client);
    close(link.server);
  }
  links_.clear();
  Wake();
}

void TcpGate::Wake() {
  const std::uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof(one));
}

}  // namespace ordersaga

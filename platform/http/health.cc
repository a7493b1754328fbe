// One request over a plain socket, read to its end. The socket's own time limits bound each step, an HTTP/1.0 server
// closes after its answer, and the answer of /readyz is a few lines.
#include "platform/http/health.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_replace.h"
#include "platform/runtime/address.h"

namespace ordersaga::http {
namespace {

constexpr timeval kStep{.tv_sec = 1, .tv_usec = 0};
constexpr std::size_t kLongest = std::size_t{64} * 1024;

// Closed when it goes.
struct Socket {
  ~Socket() {
    if (number >= 0) close(number);
  }
  int number = -1;
};

std::string Asked(const std::string& bind_address) {
  if (bind_address == "0.0.0.0" || bind_address.empty()) return "127.0.0.1";
  return bind_address == "::" ? "::1" : bind_address;
}

// An errno, or 0.
int Connect(Socket& client, const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) return EADDRNOTAVAIL;
  client.number = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(client.number, SOL_SOCKET, SO_RCVTIMEO, &kStep, sizeof kStep);
  setsockopt(client.number, SOL_SOCKET, SO_SNDTIMEO, &kStep, sizeof kStep);  // connect's too
  const int error = connect(client.number, found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
  freeaddrinfo(found);
  return error == EINPROGRESS ? ETIMEDOUT : error;
}

std::string Ask(const Socket& client) {
  constexpr std::string_view kRequest = "GET /readyz?verbose HTTP/1.0\r\n\r\n";
  std::string answer;
  if (send(client.number, kRequest.data(), kRequest.size(), MSG_NOSIGNAL) < 0) return answer;
  char part[4096];
  while (answer.size() < kLongest) {
    const ssize_t bytes = recv(client.number, part, sizeof part, 0);
    if (bytes <= 0) break;
    answer.append(part, static_cast<std::size_t>(bytes));
  }
  return answer;
}

}  // namespace

absl::Status AskHealth(const std::string& bind_address, int admin_port) {
  const std::string host = Asked(bind_address);
  Socket client;
  if (const int error = Connect(client, host, admin_port); error != 0) {
    return absl::UnavailableError(fmt::format("nobody answers at {}: {}", HostPort(host, admin_port),
                                              std::strerror(error)));  // NOLINT(concurrency-mt-unsafe): one thread
  }
  const std::string answer = Ask(client);
  const std::size_t body = answer.find("\r\n\r\n");
  if (body == std::string::npos) {
    return absl::UnavailableError(fmt::format("{} does not answer", HostPort(host, admin_port)));
  }
  if (answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.0 200")) return absl::OkStatus();
  std::string lines = answer.substr(body + 4);
  if (lines.ends_with('\n')) lines.pop_back();
  return absl::UnavailableError(absl::StrReplaceAll(lines, {{"\n", "; "}}));
}

}  // namespace ordersaga::http

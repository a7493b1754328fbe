// The list of replicas changes on one thread only, the resolver's: every two seconds it looks all names up, keeps the
// replicas (with their channels and health) that are still named, makes those that are new, and puts those that are
// gone aside until no call uses them. Pick reads the list under a shared lock and takes the best by Standing, in turn
// among equals.
#include "platform/rpc/replicas.h"

#include <netdb.h>

#include <algorithm>
#include <optional>

#include "absl/container/inlined_vector.h"
#include "platform/rpc/channel.h"

namespace ordersaga::rpc {
namespace {

constexpr absl::Duration kResolveAgain = absl::Seconds(2);

// As gRPC writes an address that it need not resolve.
std::string NumericTarget(int family, std::string_view host, std::uint16_t port) {
  return (family == AF_INET6 ? "ipv6:" : "ipv4:") + HostPort(host, port);
}

std::string TargetOf(const Address& address) {
  if (address.is_name) return "dns:///" + HostPort(address.host, address.port);
  return NumericTarget(address.host.find(':') == std::string::npos ? AF_INET : AF_INET6, address.host, address.port);
}

// nullopt: cannot be resolved now. Blocks.
std::optional<std::vector<std::string>> Lookup(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.host.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
  std::vector<std::string> targets;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    char host[NI_MAXHOST];
    if (getnameinfo(one->ai_addr, one->ai_addrlen, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0) continue;
    targets.push_back(NumericTarget(one->ai_family, host, address.port));
  }
  freeaddrinfo(found);
  return targets;
}

Standing StandingOf(const Replica& replica, const std::vector<Asked>& asked) {
  Standing standing{replica.health(), false, false};
  for (const Asked& one : asked) {
    if (one.replica != &replica) continue;
    standing.asked = true;
    standing.silent = standing.silent || one.silent;
  }
  return standing;
}

bool IsGood(const Standing& standing) {
  return standing.health == Health::kWell && !standing.silent;
}

}  // namespace

std::size_t Best(absl::Span<const Standing> standings, std::uint64_t turn) {
  const Standing best = *std::min_element(standings.begin(), standings.end());
  const auto equals = static_cast<std::uint64_t>(std::count(standings.begin(), standings.end(), best));
  std::uint64_t before = turn % equals;
  std::size_t index = 0;
  while (standings[index] != best || before-- > 0) ++index;
  return index;
}

Replicas::Replicas(const std::string& addresses, ChannelOptions options)
    : addresses_(ParseAddresses(addresses).value()), options_(std::move(options)) {
  std::vector<std::string> targets;
  for (const Address& address : addresses_) targets.push_back(TargetOf(address));
  Set(targets);
  if (std::any_of(addresses_.begin(), addresses_.end(), [](const Address& address) { return address.is_name; })) {
    resolver_ = std::thread([this] { Resolve(); });
  }
}

Replicas::~Replicas() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  if (resolver_.joinable()) resolver_.join();
  Set({});  // without the lock, which who waits for a replica's end must not hold
}

Choice Replicas::Pick(const std::vector<Asked>& asked) const {
  const std::uint64_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
  absl::InlinedVector<Standing, 8> standings;
  absl::ReaderMutexLock lock(&mu_);
  for (const auto& replica : replicas_) standings.push_back(StandingOf(*replica, asked));
  const std::size_t best = Best(standings, turn);
  const auto good = std::count_if(standings.begin(), standings.end(), IsGood);
  return {replicas_[best], standings[best], good > (IsGood(standings[best]) ? 1 : 0)};
}

bool Replicas::Reachable() const {
  absl::ReaderMutexLock lock(&mu_);
  return std::any_of(replicas_.begin(), replicas_.end(),
                     [](const auto& replica) { return replica->health() != Health::kAway; });
}

bool Replicas::IsOneWell() const {
  return std::any_of(replicas_.begin(), replicas_.end(),
                     [](const auto& replica) { return replica->health() == Health::kWell; });
}

void Replicas::AwaitWell(absl::Duration limit) const {
  absl::MutexLock lock(&mu_);
  mu_.AwaitWithTimeout(absl::Condition(this, &Replicas::IsOneWell), limit);
}

void Replicas::Resolve() {
  std::vector<std::vector<std::string>> known;  // by address
  for (const Address& address : addresses_) known.push_back({TargetOf(address)});
  while (true) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < addresses_.size(); ++i) {
      if (addresses_[i].is_name) known[i] = Lookup(addresses_[i]).value_or(known[i]);
      all.insert(all.end(), known[i].begin(), known[i].end());
    }
    Set(all);
    absl::MutexLock lock(&mu_);
    if (mu_.AwaitWithTimeout(absl::Condition(&stopping_), kResolveAgain)) return;
  }
}

void Replicas::Set(const std::vector<std::string>& targets) {
  std::vector<std::shared_ptr<Replica>> next;
  {
    absl::ReaderMutexLock lock(&mu_);
    left_.insert(left_.end(), replicas_.begin(), replicas_.end());
  }
  for (const std::string& target : targets) {
    const auto is_it = [&](const auto& replica) { return replica->target() == target; };
    if (std::any_of(next.begin(), next.end(), is_it)) continue;
    const auto there = std::find_if(left_.begin(), left_.end(), is_it);
    if (there != left_.end()) {
      next.push_back(*there);
      left_.erase(there);
      continue;
    }
    // Whoever waits for a change looks again when the lock is let go.
    next.push_back(
        std::make_shared<Replica>(target, MakeChannel(target, options_), [this] { absl::MutexLock lock(&mu_); }));
  }
  {
    absl::MutexLock lock(&mu_);
    replicas_.swap(next);
  }
  next.clear();
  std::erase_if(left_, [](const auto& replica) { return replica.use_count() == 1; });
}

std::shared_ptr<grpc::Channel> ChannelToOne(const std::string& addresses, const ChannelOptions& options) {
  const absl::StatusOr<std::vector<Address>> parsed = ParseAddresses(addresses);
  if (!parsed.ok() || parsed->size() == 1) return MakeChannel(addresses, options);
  const Replicas replicas(addresses, options);
  replicas.AwaitWell(absl::Seconds(1));
  return replicas.Pick().replica->channel();
}

}  // namespace ordersaga::rpc

// A PostgreSQL database of its own (TEST_DATABASE_URL), and a hand in its transactions: sessions named "held" can be
// stopped before their first journal row, or at COMMIT.
#pragma once

#include <functional>

#include "platform/pg/session.h"
#include "tests/conformance/world.h"

namespace ordersaga::orchestrator {

// Events that are younger by this than those of Placed() stand in another segment of the outbox.
constexpr absl::Duration kNextSegment = absl::Hours(24 * 365);

class PgWorld final : public World {
 public:
  // Where a held session stops: inside its transaction after the fence, or while the server carries out its COMMIT.
  enum class Gate { kRows = 1, kCommit = 2 };

  PgWorld();  // empties the database

  Stores Open(const std::string& name) override;
  // Their commits wait for a standby that never comes (tests/run).
  Stores OpenSynchronous(const std::string& name);
  void AwaitCommitThatWaits(const std::string& name);
  // It is then committed here only, and PostgreSQL says so with a warning.
  void CutWaitShort(const std::string& name);
  // The same through a proxy on this port of loopback.
  Stores OpenThrough(int port, const std::string& name);
  // Not while a transaction has locked a shard's row: the lease is part of it.
  void Pass(absl::Duration time) override;
  std::vector<JournalEntry> JournalOf(const Uuid& id) override;

  void Close(Gate gate);
  void Lift(Gate gate);
  // Waits until a session of this name waits for a lock in a statement that contains `words`.
  void AwaitBlocked(const std::string& name, const std::string& words = "");
  // What nothing in the product does: spoils what is stored of a saga.
  void Spoil(const Uuid& id);
  // Ends the sessions of this name that wait for a lock.
  void KillBlocked(const std::string& name);

  pg::SessionOptions Options(const std::string& name) const;
  std::pair<std::string, int> server() const;  // host and port

 private:
  pg::Session admin_;
  pg::Session gatekeeper_;  // holds the gates and waits for nobody: a gate cannot become part of a deadlock
};

// Runs a transaction; throws if it fails.
void Transact(pg::Session& session, const std::function<void(pg::Tx&)>& body);

}  // namespace ordersaga::orchestrator

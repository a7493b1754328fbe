#include "orchestrator/api/examination.h"

#include <fmt/format.h>

#include <algorithm>

#include "platform/base/error.h"

namespace ordersaga::orchestrator {
namespace {

constexpr absl::Duration kSoon = absl::Hours(24 * 14);  // a certificate's end
constexpr absl::Duration kLag = absl::Minutes(1);       // of events that are not published
constexpr absl::Duration kJump = absl::Seconds(1);      // of the database's clock
constexpr absl::Duration kLongHold = absl::Hours(1);

std::string Span(absl::Duration time) {
  return absl::FormatDuration(absl::Trunc(time, absl::Seconds(1)));
}

// Collects what was found.
class Notes {
 public:
  void Bad(bool found, std::string what, std::string remedy) { Add(true, found, std::move(what), std::move(remedy)); }
  void Warn(bool found, std::string what, std::string remedy) { Add(false, found, std::move(what), std::move(remedy)); }

  Findings Take() {
    std::stable_sort(findings_.found.begin(), findings_.found.end(),
                     [](const auto& a, const auto& b) { return a.bad && !b.bad; });
    return std::move(findings_);
  }

 private:
  void Add(bool bad, bool found, std::string what, std::string remedy) {
    ++findings_.examined;
    if (found) findings_.found.push_back({bad, std::move(what), std::move(remedy)});
  }

  Findings findings_;
};

void ExamineDatabase(const Examined& examined, Notes& notes) {
  notes.Bad(!examined.schema.ok(), "the database is not as this program needs it: " + MessageOf(examined.schema),
            "orchestrator migrate --plan");
  notes.Bad(!examined.ready.ok(), "it takes no orders: " + MessageOf(examined.ready), "look at PostgreSQL and its log");
  if (!examined.database.ok()) {
    return notes.Bad(true, "the database does not answer: " + MessageOf(examined.database.status()),
                     "look at PostgreSQL and its log");
  }
  const DatabaseFacts& facts = *examined.database;
  notes.Bad(!facts.fsync, "PostgreSQL runs with fsync = off: a crash of its machine can lose accepted orders",
            "ALTER SYSTEM SET fsync = on; and restart it");
  notes.Bad(!facts.full_page_writes, "PostgreSQL runs with full_page_writes = off: a crash can tear its pages",
            "ALTER SYSTEM SET full_page_writes = on; and reload it");
  notes.Bad(!facts.synchronous_commit,
            "PostgreSQL runs with synchronous_commit = off: a crash can lose accepted orders",
            "ALTER SYSTEM SET synchronous_commit = on; and reload it");
  notes.Warn(facts.superuser,
             fmt::format("the role {} is a superuser: it could alter the ledger and the log", facts.role),
             "give it a role that owns nothing: docs/security.md");
  notes.Warn(absl::AbsDuration(examined.clock_offset) > kJump,
             fmt::format("the database's clock has jumped by {}", Span(examined.clock_offset)),
             "look at the time service (chrony, ntp) of its machine");
}

void ExamineShards(const Examined& examined, Notes& notes) {
  const auto lost = std::count_if(examined.owners.begin(), examined.owners.end(),
                                  [&](const ShardOwner& owner) { return owner.lease_until < examined.now; });
  notes.Bad(lost > 0,
            fmt::format("{} of {} shards have no owner: their orders stand still", lost, examined.owners.size()),
            "start another orchestrator; after a crash they are taken over within a lease");
}

void ExamineParticipants(const Examined& examined, Notes& notes) {
  for (const std::string& name : examined.unreachable) {
    notes.Bad(true, name + " cannot be reached: orders wait for it",
              "start it; if that takes long: sagactl hold " + name);
  }
  for (const ParticipantHold& hold : examined.holds) {
    notes.Warn(
        true,
        fmt::format("{} is on hold since {}, as said by {}: {}{}", hold.participant, Span(examined.now - hold.since),
                    hold.by, hold.reason, examined.now - hold.since > kLongHold ? " (for long)" : ""),
        "sagactl release " + hold.participant + " --reason '...'");
  }
  notes.Warn(examined.parked > 0, fmt::format("{} sagas wait for a person", examined.parked),
             "sagactl list --parked, then sagactl why ID");
}

void ExamineEvents(const Examined& examined, Notes& notes) {
  notes.Warn(!examined.broker.ok(), "RabbitMQ takes no events: " + MessageOf(examined.broker),
             "look at RabbitMQ; orders go on, and events follow");
  const absl::Duration lag =
      examined.oldest_unpublished.has_value() ? examined.now - *examined.oldest_unpublished : absl::ZeroDuration();
  notes.Warn(lag > kLag, fmt::format("events are published {} late", Span(lag)), "look at RabbitMQ and its alarms");
  notes.Warn(examined.events_held > 0, fmt::format("{} events are held back", examined.events_held),
             "sagactl events held");
}

void ExamineSecurity(const Examined& examined, Notes& notes) {
  notes.Warn(!examined.log_key, "the operator log's chain has no key: who can write to the database can rewrite it",
             "set OPERATOR_LOG_KEY_FILE: docs/operations.md, The operator log");
  if (!examined.certificate_ends.has_value()) return;
  const absl::Duration left = *examined.certificate_ends - examined.now;
  notes.Bad(left <= absl::ZeroDuration(), "its certificate has expired",
            "renew TLS_FOLDER; it is read again by itself");
  notes.Warn(left > absl::ZeroDuration() && left < kSoon, fmt::format("its certificate expires in {}", Span(left)),
             "renew TLS_FOLDER; it is read again by itself");
}

}  // namespace

Findings Examine(const Examined& examined) {
  Notes notes;
  ExamineDatabase(examined, notes);
  ExamineShards(examined, notes);
  ExamineParticipants(examined, notes);
  ExamineEvents(examined, notes);
  ExamineSecurity(examined, notes);
  return notes.Take();
}

}  // namespace ordersaga::orchestrator

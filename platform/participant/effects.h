// What a service adds to the rules: one of these two. Everything else (keys, fingerprints, fence, not_after, turns,
// repeats, joining, resuming, undo on completion) is the library's (shell/participant.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "platform/participant/core/turn.h"
#include "platform/pg/session.h"

namespace ordersaga::participant {

// Effects in the service's own database: stock, points, seats. All of it is called on the loop's thread, in a turn's
// transaction, which may be run again from Open if it lost a race: keep nothing from one Open to the next. May throw
// what a pg::Tx throws.
class LocalEffects {
 public:
  virtual ~LocalEffects() = default;

  // Opens a turn: `records` will be applied (those without an answer yet) or undone, in the calls that follow. The
  // place to lock and read everything they need with one statement, in one order in every process.
  virtual void Open(pg::Tx& /*tx*/, const std::vector<const EffectRecord*>& /*records*/) {}

  // Does what record.request asks and says the service's own id of it: Applied("..."); or does nothing: Rejected(...).
  virtual ActionAnswer Apply(pg::Tx& tx, const EffectRecord& record) = 0;
  // Takes back what an applied record did. Cannot refuse.
  virtual void Undo(pg::Tx& tx, const EffectRecord& record) = 0;

  // Closes the turn: the place to write with one statement what Apply and Undo have gathered.
  virtual absl::Status Close(pg::Tx& /*tx*/) { return absl::OkStatus(); }
};

// Effects in the outside world: money at a provider, mails. The provider must keep its word per key: the same key never
// happens twice, a refusal is final (what is still on its way under that key is refused as well), and once an undoing
// has been answered its key is barred.
class ExternalEffects {
 public:
  using Done = std::function<void(ProviderReply)>;

  virtual ~ExternalEffects() = default;

  // Asks the provider. Called on the loop's thread after the commit, with nothing locked; must not block. `done` is
  // called once, on any thread, whenever there is an answer or none to be had. May throw before the provider is asked,
  // if what is stored makes no sense. Of a part, `ask.whole` is its whole.
  virtual void Do(const Ask& ask, Done done) = 0;
  virtual void Undo(const Ask& ask, Done done) = 0;

  // On the loop's thread, in the transaction that settles `changes`, and only together with it. May be run again if the
  // turn lost a race. May throw what a pg::Tx throws. What has happened is told by Happened(before) and (after).
  virtual absl::Status Book(pg::Tx& /*tx*/, const std::vector<Change>& /*changes*/) { return absl::OkStatus(); }

  // Why a new action is refused without asking the provider; of a part, by its whole. Pure.
  virtual std::optional<ActionAnswer> Refuse(const EffectRecord& /*record*/, const EffectRecord* /*whole*/) const {
    return std::nullopt;
  }
  // The provider has answered and that is stored: for the log.
  virtual void Settled(Ask::What /*what*/, const Outcome& /*outcome*/) const {}
};

}  // namespace ordersaga::participant

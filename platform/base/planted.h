// Wrong variants of our own rules, planted to prove that the simulator would find them (tests/simulation). They exist
// only in the one program compiled with ORDERSAGA_PLANTED, build/bin/sagasim-planted; everywhere else Planted() is a
// constant false and the compiler drops the branch.
#pragma once

namespace ordersaga {

enum class PlantedBug {
  kNone,
  // core
  kTimeoutIsRefusal,       // no answer from a participant is taken for a no
  kUnknownNotCompensated,  // an action given up without an answer is not undone
  kCancelForgetsUnknown,   // a cancel while a call waits for its next attempt leaves that call's effect alone
  kSuccessBeatsCancel,     // a success that arrives after a cancel was accepted wins
  kKeyPerAttempt,          // every attempt has an idempotency key of its own
  kSilentUndoIsDone,       // a compensation that is not answered counts as done
  kResumeForgets,          // a new owner does not repeat the call that was out
  // engine
  kActBeforeCommit,        // participants are called when the decision is made
  kDoubtIsSuccess,         // a commit in doubt is taken for one that went through
  kTimersNotLoaded,        // a new owner forgets who waits for his next attempt
  kWaitingNotLoaded,       // a new owner forgets the orders that wait to start
  kLossIsConfirm,          // a publish whose connection broke counts as confirmed
  kTwoEventsAtOnce,        // an order's next event is published before the earlier one is confirmed
  kPositionBeforeConfirm,  // the relay position counts events that the broker has not confirmed yet
  // store
  kLocalCommitBelieved,  // a commit that only one server has is taken for done
  kCommitWithoutToken,   // turns do not prove their tokens
  kTokenReadNotLocked,   // the token is read, not locked, at the start of a turn
  kKeyNotUnique,         // a key that has made an order makes another one
  // participants
  kNoDedupe,               // a repeated action is done again
  kNoTombstone,            // a compensation that comes first leaves no trace
  kRejectionForgotten,     // a rejected action is tried anew when it is repeated
  kUndoInProgressIgnored,  // the compensation of an action under way says that there is nothing to undo
  kCount,
};

#ifdef ORDERSAGA_PLANTED
extern PlantedBug planted_bug;
inline bool Planted(PlantedBug bug) {
  return planted_bug == bug;
}
#else
constexpr bool Planted(PlantedBug) {
  return false;
}
#endif

}  // namespace ordersaga

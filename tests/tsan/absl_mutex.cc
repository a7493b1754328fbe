// Tells the thread sanitizer what absl::Mutex, CondVar and Notification do. Debian's abseil is not instrumented:
// without this the sanitizer sees no lock at all, and calls all that a mutex guards a race.
//
// Linked into every binary of the tsan preset and into nothing else. These definitions come before the shared
// library's, for gRPC's calls too, and hand the work on to them; locks taken in two orders are found as well. A reader
// that awaits and ReaderLockWhen are not covered: nobody here uses them, and the sanitizer would complain of the first
// who does.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/base/options.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace {

#define ORDERSAGA_QUOTE(name) #name
#define ORDERSAGA_TEXT(name) ORDERSAGA_QUOTE(name)

// The library's own function; `name` is its mangled name from after abseil's inline namespace on.
template <typename Function>
Function* Next(const char* name) {
  const std::string space = ORDERSAGA_TEXT(ABSL_OPTION_INLINE_NAMESPACE_NAME);
  const std::string symbol = "_ZN4absl" + std::to_string(space.size()) + space + name;
  void* const found = dlsym(RTLD_NEXT, symbol.c_str());
  if (found == nullptr) {
    (void)std::fprintf(stderr, "tests/tsan: the library has no %s\n", symbol.c_str());
    std::abort();
  }
  return reinterpret_cast<Function*>(found);
}

constexpr unsigned kWrite = 0;
constexpr unsigned kRead = __tsan_mutex_read_lock;
constexpr unsigned kTry = __tsan_mutex_try_lock;

void Locked(void* mu, unsigned kind) {
  __tsan_mutex_pre_lock(mu, kind);
  __tsan_mutex_post_lock(mu, kind, 0);
}

// Said before the lock is let go: whoever takes it next must find it said.
void Unlocking(void* mu, unsigned kind) {
  __tsan_mutex_pre_unlock(mu, kind);
  __tsan_mutex_post_unlock(mu, kind);
}

// The library evaluates a condition on whichever thread holds the lock, after that one has said Unlocking() or before
// the waiting one has said Locked(). So an evaluation says for itself what it is ordered by.
struct Ordered {
  const absl::Condition* condition;
  void* mu;

  static bool Holds(Ordered* self) {
    __tsan_acquire(self->mu);
    const bool holds = self->condition->Eval();
    __tsan_release(self->mu);
    return holds;
  }
};

}  // namespace

namespace absl {
ABSL_NAMESPACE_BEGIN

Mutex::~Mutex() {
  static auto* const next = Next<void(Mutex*)>("5MutexD1Ev");
  next(this);
  __tsan_mutex_destroy(this, __tsan_mutex_not_static);
}

void Mutex::Lock() {
  static auto* const next = Next<void(Mutex*)>("5Mutex4LockEv");
  __tsan_mutex_pre_lock(this, kWrite);  // before it blocks, so that a deadlock is reported and not only suffered
  next(this);
  __tsan_mutex_post_lock(this, kWrite, 0);
}

void Mutex::Unlock() {
  static auto* const next = Next<void(Mutex*)>("5Mutex6UnlockEv");
  Unlocking(this, kWrite);
  next(this);
}

bool Mutex::TryLock() {
  static auto* const next = Next<bool(Mutex*)>("5Mutex7TryLockEv");
  const bool locked = next(this);
  if (locked) Locked(this, kWrite | kTry);
  return locked;
}

void Mutex::ReaderLock() {
  static auto* const next = Next<void(Mutex*)>("5Mutex10ReaderLockEv");
  __tsan_mutex_pre_lock(this, kRead);
  next(this);
  __tsan_mutex_post_lock(this, kRead, 0);
}

void Mutex::ReaderUnlock() {
  static auto* const next = Next<void(Mutex*)>("5Mutex12ReaderUnlockEv");
  Unlocking(this, kRead);
  next(this);
}

bool Mutex::ReaderTryLock() {
  static auto* const next = Next<bool(Mutex*)>("5Mutex13ReaderTryLockEv");
  const bool locked = next(this);
  if (locked) Locked(this, kRead | kTry);
  return locked;
}

// The forms without a deadline are the forms with one, as in the library itself.
bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  static auto* const next =
      Next<bool(Mutex*, const Condition&, Time)>("5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  Ordered ordered{&condition, this};
  Unlocking(this, kWrite);
  const bool holds = next(this, Condition(&Ordered::Holds, &ordered), deadline);
  Locked(this, kWrite);
  return holds;
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  return AwaitWithDeadline(condition, Now() + timeout);
}

void Mutex::Await(const Condition& condition) {
  (void)AwaitWithDeadline(condition, InfiniteFuture());
}

bool Mutex::LockWhenWithDeadline(const Condition& condition, Time deadline) {
  static auto* const next =
      Next<bool(Mutex*, const Condition&, Time)>("5Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  Ordered ordered{&condition, this};
  __tsan_release(this);  // for whoever evaluates it
  const bool holds = next(this, Condition(&Ordered::Holds, &ordered), deadline);
  Locked(this, kWrite);
  return holds;
}

bool Mutex::LockWhenWithTimeout(const Condition& condition, Duration timeout) {
  return LockWhenWithDeadline(condition, Now() + timeout);
}

void Mutex::LockWhen(const Condition& condition) {
  (void)LockWhenWithDeadline(condition, InfiniteFuture());
}

bool CondVar::WaitWithDeadline(Mutex* mu, Time deadline) {
  static auto* const next = Next<bool(CondVar*, Mutex*, Time)>("7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE");
  Unlocking(mu, kWrite);
  const bool timed_out = next(this, mu, deadline);
  Locked(mu, kWrite);
  return timed_out;
}

bool CondVar::WaitWithTimeout(Mutex* mu, Duration timeout) {
  return WaitWithDeadline(mu, Now() + timeout);
}

void CondVar::Wait(Mutex* mu) {
  (void)WaitWithDeadline(mu, InfiniteFuture());
}

// The library's own code once more, compiled here so that its atomic flag is seen as one.
void Notification::Notify() {
  MutexLock lock(&mutex_);
  notified_yet_.store(true, std::memory_order_release);
}

Notification::~Notification() {
  MutexLock lock(&mutex_);  // until Notify() has let go of it
}

bool Notification::WaitForNotificationWithDeadline(Time deadline) const {
  if (HasBeenNotified()) return true;
  const bool notified = mutex_.LockWhenWithDeadline(Condition(&HasBeenNotifiedInternal, &notified_yet_), deadline);
  mutex_.Unlock();
  return notified;
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  return WaitForNotificationWithDeadline(Now() + timeout);
}

void Notification::WaitForNotification() const {
  (void)WaitForNotificationWithDeadline(InfiniteFuture());
}

ABSL_NAMESPACE_END
}  // namespace absl

#include "orchestrator/api/watch_call.h"

#include <algorithm>

#include "orchestrator/api/convert.h"
#include "orchestrator/api/validate.h"
#include "platform/rpc/status.h"

namespace ordersaga::orchestrator {
namespace {

using Response = order::v1::WatchOrderResponse;

constexpr absl::Duration kAskAgain = absl::Seconds(5);

bool IsOutcome(const JournalEntry& entry) {
  return entry.phase == Phase::kNotifying || entry.phase == Phase::kFinished;
}

class WatchCall final : public grpc::ServerWriteReactor<Response>, public std::enable_shared_from_this<WatchCall> {
 public:
  WatchCall(Watching who, SagaReader& reader, OrderWatcher& watcher, std::int64_t after)
      : who_(std::move(who)), reader_(reader), watcher_(watcher), after_(after) {}

  // Answers until OnDone; the callbacks below hold the object, too.
  void Begin(const std::string& order_id) {
    {
      absl::MutexLock lock(&mu_);
      self_ = shared_from_this();
    }
    const absl::StatusOr<Uuid> id = ParseOrderId(order_id);
    if (!id.ok()) return End(id.status());
    reader_.GetWithJournal(
        *id, [self = shared_from_this()](const absl::StatusOr<SagaWithJournal>& stored) { self->OnStored(stored); });
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mu_);
    writing_ = false;
    if (!ok) EndLocked(absl::CancelledError());
    WriteLocked();
  }

  void OnCancel() override { End(absl::CancelledError()); }

  void OnDone() override {
    std::shared_ptr<WatchCall> self;
    std::int64_t watch = 0;
    {
      absl::MutexLock lock(&mu_);
      self = std::move(self_);
      watch = std::exchange(watch_, 0);
    }
    watcher_.Unwatch(watch);
  }

 private:
  void OnStored(const absl::StatusOr<SagaWithJournal>& stored) {
    if (!stored.ok()) return End(stored.status());
    const Saga& saga = stored->saga;
    if (const absl::Status seen = Seen(saga, who_.caller); !seen.ok()) return End(seen);
    if (saga.status == Status::kPending) {
      Greet(saga.version);
      Tell(stored->journal, nullptr);
      const std::int64_t watch =
          watcher_.Watch({saga.id(), saga.version},
                         [self = shared_from_this(), id = saga.id()](const auto& news) { self->OnNews(id, news); });
      absl::MutexLock lock(&mu_);
      watch_ = watch;
      if (self_ == nullptr) watcher_.Unwatch(watch);  // gone meanwhile
      return AskAgainLater();
    }
    Tell(stored->journal, &saga);
    End(absl::OkStatus());
  }

  // Certificates do not end with a word; keys do.
  void AskAgainLater() {
    if (who_.caller.kind != access::Principal::Kind::kKey) return;
    watcher_.timers().After(kAskAgain, [call = weak_from_this()] {
      const auto self = call.lock();
      if (self == nullptr) return;
      absl::Status still;
      {
        // The call's context, which `still` looks at, is there until OnDone has let go of self_.
        absl::MutexLock lock(&self->mu_);
        if (self->self_ == nullptr) return;
        still = self->who_.still();
      }
      still.ok() ? self->AskAgainLater() : self->End(still);
    });
  }

  void OnNews(const Uuid& id, const absl::StatusOr<std::vector<JournalEntry>>& news) {
    if (!news.ok()) return End(news.status());
    if (std::none_of(news->begin(), news->end(), IsOutcome)) return Tell(*news, nullptr);
    {
      absl::MutexLock lock(&mu_);
      if (std::exchange(outcome_seen_, true)) return;
    }
    reader_.Get(id, [self = shared_from_this(), news = *news](const absl::StatusOr<Saga>& saga) {
      if (saga.ok()) self->Tell(news, &*saga);
      self->End(saga.status());
    });
  }

  // The first message goes out even if it is empty: it says that the order is known and the watch has begun.
  void Greet(std::int64_t version) {
    absl::MutexLock lock(&mu_);
    greeting_ = true;
    // A caller who says he has seen more than there is would miss what comes.
    after_ = std::min(after_, version);
  }

  // Up to the outcome: what follows that is not the customer's business.
  void Tell(const std::vector<JournalEntry>& entries, const Saga* ended) {
    absl::MutexLock lock(&mu_);
    if (end_.has_value()) return;
    for (const JournalEntry& entry : entries) {
      if (entry.sequence > after_) {
        ToProto(entry, pending_.add_journal());
        after_ = entry.sequence;
      }
      if (IsOutcome(entry)) break;
    }
    if (ended != nullptr) ToProto(*ended, pending_.mutable_order());
    WriteLocked();
  }

  void End(const absl::Status& status) {
    absl::MutexLock lock(&mu_);
    EndLocked(status);
    WriteLocked();
  }

  void EndLocked(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (end_.has_value()) return;
    end_ = status;
    if (status.ok()) return;
    pending_.Clear();
    greeting_ = false;
  }

  void WriteLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (writing_ || finished_) return;
    if (std::exchange(greeting_, false) || pending_.journal_size() > 0 || pending_.has_order()) {
      out_ = std::move(pending_);
      pending_.Clear();
      writing_ = true;
      StartWrite(&out_);
    } else if (end_.has_value()) {
      finished_ = true;
      Finish(rpc::ToGrpc(*end_));
    }
  }

  const Watching who_;
  SagaReader& reader_;
  OrderWatcher& watcher_;
  absl::Mutex mu_;
  std::int64_t after_ ABSL_GUARDED_BY(mu_);  // the last entry told
  bool greeting_ ABSL_GUARDED_BY(mu_) = false;
  bool outcome_seen_ ABSL_GUARDED_BY(mu_) = false;
  std::shared_ptr<WatchCall> self_ ABSL_GUARDED_BY(mu_);
  std::int64_t watch_ ABSL_GUARDED_BY(mu_) = 0;
  Response pending_ ABSL_GUARDED_BY(mu_);
  Response out_;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

grpc::ServerWriteReactor<Response>* StartWatchCall(const order::v1::WatchOrderRequest& request, Watching who,
                                                   SagaReader& reader, OrderWatcher& watcher) {
  const auto call = std::make_shared<WatchCall>(std::move(who), reader, watcher, request.after_sequence());
  call->Begin(request.order_id());
  return call.get();
}

}  // namespace ordersaga::orchestrator

// A look walks along the index of what is under way, a page at a time, with a pause after each: no more than a thousand
// effects a second are asked about, however many there are. Of each page those are resumed that have become due since
// the last look (core/patience.h), so none is left out because others before it keep failing.
//
// It only asks; a turn decides, under the lock of the effect's row. So it may be wrong or late, and more than one
// replica may do it at once: what has been settled meanwhile is left alone, a call that is under way in this process is
// joined, and if two processes ask the provider the same, it keeps its word per key (ExternalEffects), and the one
// whose answer comes second finds the effect settled.
#include "platform/participant/shell/resumer.h"

#include "platform/base/error.h"
#include "platform/runtime/log.h"

namespace ordersaga::participant {
namespace {

constexpr int kPage = 500;
constexpr absl::Duration kAfterPage = absl::Milliseconds(500);

}  // namespace

Resumer::Resumer(pg::SessionOptions options, Patience patience, std::function<void(Resume)> resume)
    : options_(options),
      patience_(patience),
      resume_(std::move(resume)),
      periodic_(std::move(options), [this](pg::PqxxSession& session) { return Look(session); }) {}

absl::Status Resumer::Start() {
  pg::PqxxSession session(options_);
  std::vector<EffectRecord> page;
  std::size_t resumed = 0;
  do {
    if (absl::Status status = ReadPage(session, page); !status.ok()) return status;
    for (const EffectRecord& record : page) resume_({record.action_key, LockOf(record)});
    resumed += page.size();
  } while (!after_.empty());
  if (resumed > 0) LogInfo("resuming", {{"keys", std::to_string(resumed)}});
  return periodic_.Start();
}

absl::Duration Resumer::Look(pg::PqxxSession& session) {
  std::vector<EffectRecord> page;
  const absl::Time last = looked_;
  if (const absl::Status status = ReadPage(session, page); !status.ok()) {
    LogWarn("what is under way could not be read", {{"error", MessageOf(status)}});
    return patience_.first / 4;
  }
  for (const EffectRecord& record : page) {
    if (!IsDue(patience_, record, last, now_)) continue;
    const std::string age = absl::FormatDuration(absl::Trunc(now_ - record.updated_at, absl::Seconds(1)));
    LogInfo("resuming", {{"order_id", record.order_id}, {"key", record.action_key}, {"under_way_for", age}});
    resume_({record.action_key, LockOf(record)});
  }
  if (!after_.empty()) return kAfterPage;
  session.Close();  // not kept for the long wait
  return patience_.first / 4;
}

// The first page says when the look began; after the last one, the next look begins.
absl::Status Resumer::ReadPage(pg::PqxxSession& session, std::vector<EffectRecord>& page) {
  const absl::Status status = session.Run([&](pg::PqxxTx& tx) {
    if (after_.empty()) now_ = effects_.Now(tx);
    page = effects_.UnderWay(tx, after_, kPage);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  const bool more = page.size() == kPage;
  after_ = more ? page.back().action_key : "";
  if (!more) looked_ = now_;
  return status;
}

}  // namespace ordersaga::participant

#include "platform/participant/shell/readiness.h"

#include "platform/base/error.h"

namespace ordersaga::participant {
namespace {

constexpr absl::Duration kPause = absl::Seconds(1);
constexpr absl::Duration kYoung = absl::Seconds(4);

pg::SessionOptions Impatient(pg::SessionOptions options) {
  options.answer_timeout = kYoung / 2;
  return options;
}

}  // namespace

DatabaseWatch::DatabaseWatch(pg::SessionOptions options, const Clock& clock, const pg::Schema& schema,
                             std::function<std::string()> trouble)
    : clock_(clock),
      schema_(schema),
      trouble_(std::move(trouble)),
      periodic_(Impatient(std::move(options)), [this](pg::PqxxSession& session) { return Ask(session); }) {}

absl::Duration DatabaseWatch::Ask(pg::PqxxSession& session) {
  const absl::Duration asked = clock_.Monotonic();
  const absl::Status status = session.Run([](pg::PqxxTx& /*BEGIN and COMMIT*/) { return absl::OkStatus(); });
  absl::MutexLock lock(&mu_);
  if (status.ok()) answered_ = asked;
  error_ = MessageOf(status);
  return kPause;
}

absl::Status DatabaseWatch::Check() const {
  if (absl::Status status = schema_.Check(); !status.ok()) return status;
  {
    absl::MutexLock lock(&mu_);
    if (clock_.Monotonic() - answered_ > kYoung) {
      return absl::UnavailableError("the database does not answer" + (error_.empty() ? "" : ": " + error_));
    }
  }
  const std::string trouble = trouble_();
  if (trouble.empty()) return absl::OkStatus();
  return absl::UnavailableError("the database takes no writes: " + trouble);
}

}  // namespace ordersaga::participant

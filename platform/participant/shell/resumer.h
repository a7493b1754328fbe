// Brings effects to their end that nobody asks about any more: those under way when the process starts, and those whose
// callers have gone since.
#pragma once

#include <functional>
#include <string>

#include "platform/participant/core/patience.h"
#include "platform/participant/store/effect_store.h"
#include "platform/pg/periodic.h"

namespace ordersaga::participant {

class Resumer final : public Service {
 public:
  // `resume` takes what is to be asked about, on any thread, and returns at once.
  Resumer(pg::SessionOptions options, Patience patience, std::function<void(Resume)> resume);

  // Resumes all that is under way, whatever its age; goes on by itself from then on, on a thread and connection of its
  // own. A database that is away then is tried again. Errors: as pg::Session::Run.
  absl::Status Start() override;
  void Stop() override { periodic_.Stop(); }

 private:
  absl::Duration Look(pg::PqxxSession& session);
  absl::Status ReadPage(pg::PqxxSession& session, std::vector<EffectRecord>& page);

  const pg::SessionOptions options_;
  const Patience patience_;
  const std::function<void(Resume)> resume_;
  const EffectStore effects_{};
  absl::Time looked_ = absl::InfinitePast();  // when the last look began, by the database's clock
  absl::Time now_;                            // when this one did
  std::string after_;                         // how far this one has come; empty: it has not begun
  pg::Periodic periodic_;                     // last: it uses the others
};

}  // namespace ordersaga::participant

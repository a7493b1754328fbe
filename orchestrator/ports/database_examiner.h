// What an examination asks of the database beside what the engine knows.
#pragma once

#include <string>

#include "platform/base/done.h"

namespace ordersaga::orchestrator {

struct DatabaseFacts {
  bool fsync = true;
  bool full_page_writes = true;
  bool synchronous_commit = true;  // not off
  bool superuser = false;          // the role that we are
  std::string role;
};

class DatabaseExaminer {
 public:
  virtual ~DatabaseExaminer() = default;
  // Threads and errors: as SagaReader.
  virtual void Examine(Done<DatabaseFacts> done) = 0;
};

}  // namespace ordersaga::orchestrator

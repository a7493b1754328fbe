// A folder as the way out: one readable .eml file per message. The file's name follows from the key and it appears by
// rename, so a repeat overwrites the same file and a reader never sees half of one.
#pragma once

#include <string>
#include <thread>

#include "platform/base/mailbox.h"
#include "platform/runtime/service.h"
#include "services/notification/domain/sender.h"

namespace ordersaga::notification {

// Thread-safe; writes on a thread of its own.
class MailboxSender final : public Sender, public Service {
 public:
  explicit MailboxSender(std::string folder) : folder_(std::move(folder)) {}
  ~MailboxSender() override { Stop(); }

  // Makes the folder. FAILED_PRECONDITION if it cannot be written to.
  absl::Status Start() override;
  void Stop() override;

  void Send(Mail mail, std::function<void(absl::Status)> done) override;

 private:
  struct Job {
    Mail mail;
    std::function<void(absl::Status)> done;
  };
  absl::Status Write(const Mail& mail) const;
  void Run();

  const std::string folder_;
  Mailbox<Job> jobs_;
  std::thread thread_;
};

// Another name for every key, of at most 200 bytes: "<saga_id>/notification/action" ->
// "<saga_id>-notification-action.eml"; any other key, escaped -> "key-a_2fb.eml" (a/b); what is too long ends with a
// hash of the key.
std::string FileNameOf(const std::string& key);

}  // namespace ordersaga::notification

// A mail server as the way out, by libcurl: STARTTLS or TLS, AUTH, connections that are used again. At least once: a
// mail whose acceptance was not heard of (a connection lost after the final dot) is an error, and goes out once more
// under the same Message-ID.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "platform/runtime/config.h"
#include "platform/runtime/service.h"
#include "services/notification/domain/sender.h"

namespace ordersaga::notification {

struct SmtpOptions {
  std::string url;  // smtp://host:587 or smtps://host:465; empty: mails go to the mailbox folder instead
  std::string user;
  std::string password;
  std::string tls = "required";  // over smtp://: required (STARTTLS or nothing), optional, off
  std::string ca_file;           // whom to trust instead of the system's authorities
  std::string from = "orders@ordersaga.example";
  absl::Duration connect_timeout = absl::Seconds(3);
  absl::Duration timeout = absl::Seconds(8);  // for one mail, from connecting to the server's last word
  std::int64_t connections = 4;
};
void AddSmtpConfig(Config& config, SmtpOptions* options);
// What cannot work, in words for the operator; OK otherwise.
absl::Status CheckSmtp(const SmtpOptions& options);

// Thread-safe. Each connection is a thread, because libcurl blocks.
class SmtpSender final : public Sender, public Service {
 public:
  explicit SmtpSender(SmtpOptions options) : options_(std::move(options)) {}
  ~SmtpSender() override { Stop(); }

  absl::Status Start() override;
  // Breaks off what is being sent: it will be sent again.
  void Stop() override;

  // Any failure is UNAVAILABLE, reason SMTP_FAILED, with the server's reply code if it gave one.
  void Send(Mail mail, std::function<void(absl::Status)> done) override;

 private:
  struct Job {
    Mail mail;
    std::function<void(absl::Status)> done;
  };
  void Run();
  bool HasWork() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { return stopped_ || !jobs_.empty(); }
  bool stopped() const;

  const SmtpOptions options_;
  mutable absl::Mutex mu_;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mu_);
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace ordersaga::notification

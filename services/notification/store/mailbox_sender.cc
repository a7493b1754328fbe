#include "services/notification/store/mailbox_sender.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "platform/base/error.h"
#include "platform/base/hash.h"

namespace ordersaga::notification {

std::string FileNameOf(const std::string& key) {
  std::string name;
  bool changed = key.size() > 120;
  for (const char c : key.substr(0, 120)) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
    name.push_back(plain ? c : '-');
    changed = changed || (!plain && c != '/');
  }
  // Two keys must never share a file.
  if (changed) name += "-" + Fingerprint(key).substr(0, 16);
  return name + ".eml";
}

absl::Status MailboxSender::Start() {
  if (thread_.joinable()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const std::string probe = folder_ + "/.writable";
  if (!std::ofstream(probe)) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "MAILBOX_NOT_WRITABLE",
                     fmt::format("cannot write to the folder {} (mailbox_dir)", folder_));
  }
  std::filesystem::remove(probe, error);
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void MailboxSender::Stop() {
  jobs_.Close();
  if (thread_.joinable()) thread_.join();
}

void MailboxSender::Send(Mail mail, std::function<void(absl::Status)> done) {
  jobs_.Post({std::move(mail), std::move(done)});
}

void MailboxSender::Run() {
  while (true) {
    const bool closing = jobs_.closed();
    for (Job& job : jobs_.Drain(absl::InfiniteDuration())) job.done(Write(job.mail));
    if (closing) return;
  }
}

absl::Status MailboxSender::Write(const Mail& mail) const {
  const std::string path = folder_ + "/" + FileNameOf(mail.key);
  const std::string draft = path + ".draft";
  std::ofstream file(draft, std::ios::binary | std::ios::trunc);
  file << mail.text;
  file.close();
  if (file.fail() || std::rename(draft.c_str(), path.c_str()) != 0) {
    return MakeError(absl::StatusCode::kUnavailable, "MAILBOX_FAILED",
                     "the message could not be written to the mailbox folder");
  }
  return absl::OkStatus();
}

}  // namespace ordersaga::notification

#include "services/notification/store/mailbox_sender.h"

#include <fmt/format.h>

#include <cctype>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "platform/base/error.h"
#include "platform/base/hash.h"
#include "platform/base/uuid.h"

namespace ordersaga::notification {

namespace {

// Letters, digits and dashes as they are, every other byte as "_" and two hex digits.
std::string Escaped(const std::string& key) {
  std::string text;
  for (const char c : key) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
    if (plain) {
      text.push_back(c);
    } else {
      text += fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

}  // namespace

// The three forms never meet: an id holds no "k", and an escaped key no ".".
std::string FileNameOf(const std::string& key) {
  constexpr std::size_t kIdLength = 36;
  constexpr std::size_t kLongest = 120;
  const bool of_saga = key.size() > kIdLength && key.substr(kIdLength) == "/notification/action" &&
                       Uuid::Parse(key.substr(0, kIdLength)).has_value();
  if (of_saga) return fmt::format("{}-notification-action.eml", key.substr(0, kIdLength));
  const std::string escaped = Escaped(key);
  if (escaped.size() <= kLongest) return fmt::format("key-{}.eml", escaped);
  return fmt::format("key-{}.{}.eml", escaped.substr(0, kLongest), ToHex(Sha256(key)));
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

#include "services/notification/store/smtp_sender.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "platform/base/error.h"
#include "platform/base/text.h"
#include "platform/runtime/log.h"

namespace ordersaga::notification {
namespace {

using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

// What libcurl reads the message from. It doubles leading dots itself.
struct Reading {
  const std::string& text;
  std::size_t at = 0;
};

std::size_t ReadOn(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto& reading = *static_cast<Reading*>(user);
  const std::size_t bytes = std::min(size * count, reading.text.size() - reading.at);
  std::memcpy(buffer, reading.text.data() + reading.at, bytes);
  reading.at += bytes;
  return bytes;
}

int AskToStop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<const std::function<bool()>*>(user))() ? 1 : 0;
}

long SslUse(const std::string& tls) {
  if (tls == "off") return CURLUSESSL_NONE;
  return tls == "optional" ? CURLUSESSL_TRY : CURLUSESSL_ALL;
}

long Milliseconds(absl::Duration duration) {
  return static_cast<long>(absl::ToInt64Milliseconds(duration));
}

void SetUp(CURL* curl, const SmtpOptions& options, const std::function<bool()>& stopped) {
  curl_easy_setopt(curl, CURLOPT_URL, options.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(curl, CURLOPT_USE_SSL, SslUse(options.tls));
  if (!options.ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.user.empty()) {
    curl_easy_setopt(curl, CURLOPT_USERNAME, options.user.c_str());
    curl_easy_setopt(curl, CURLOPT_PASSWORD, options.password.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(options.connect_timeout));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, Milliseconds(options.timeout));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl, CURLOPT_READFUNCTION, &ReadOn);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &AskToStop);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stopped);
}

// libcurl would use a connection again whose answer never came: the late "250" of one mail would be taken for the
// answer to the next. After a failure nothing of the connection is kept; cut off, it does not wait for an answer to
// QUIT either.
void CutOff(CURL* curl) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK && socket != CURL_SOCKET_BAD) {
    ::shutdown(socket, SHUT_RDWR);
  }
}

absl::Status SendOne(CURL* curl, const std::string& from, const Mail& mail) {
  const std::string sender = "<" + from + ">";
  // An address that is one (the service has checked) cannot end its line or its brackets.
  const std::string recipient = "<" + mail.to + ">";
  const List recipients(curl_slist_append(nullptr, recipient.c_str()), &curl_slist_free_all);
  Reading reading{mail.text};
  curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender.c_str());
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl, CURLOPT_READDATA, &reading);
  const CURLcode result = curl_easy_perform(curl);
  curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, nullptr);
  if (result == CURLE_OK) return absl::OkStatus();
  long code = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
  std::string why = curl_easy_strerror(result);
  if (code >= 400) why += fmt::format(" (the mail server said {})", code);
  return MakeError(absl::StatusCode::kUnavailable, "SMTP_FAILED", why);
}

// By libcurl's own parser, as libcurl will use it.
absl::StatusOr<std::string> ShowMailServer(const std::string& text) {
  const auto bad = [](const char* why) {
    return MakeError(absl::StatusCode::kInvalidArgument, "BAD_SETTING",
                     fmt::format("must be smtp://host:587 or smtps://host:465; {}", why));
  };
  if (text.empty()) return text;
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return bad("this is no URL");
  const auto has = [&url](CURLUPart part) {
    char* found = nullptr;
    const bool there = curl_url_get(url.get(), part, &found, 0) == CURLUE_OK;
    curl_free(found);
    return there;
  };
  if (!text.starts_with("smtp://") && !text.starts_with("smtps://")) return bad("it starts otherwise");
  if (has(CURLUPART_USER) || has(CURLUPART_PASSWORD)) {
    return bad("user and password belong into smtp_user and smtp_password");
  }
  return text;
}

}  // namespace

void AddSmtpConfig(Config& config, SmtpOptions* options) {
  config.AddUrl("smtp_url", &options->url, ShowMailServer,
                "smtp://host:587 or smtps://host:465; empty: the mailbox folder is used");
  config.Add("smtp_user", &options->user, "whom to log in as; empty: no login");
  config.AddSecret("smtp_password", &options->password, "the password of smtp_user");
  config.Add("smtp_tls", &options->tls, "over smtp://: required (STARTTLS or nothing), optional, off");
  config.Add("smtp_ca_file", &options->ca_file, "PEM file of whom to trust; empty: the system's authorities");
  config.Add("smtp_from", &options->from, "the sender's address");
  config.Add("smtp_timeout", &options->timeout, absl::Milliseconds(100), absl::Minutes(10), "for one mail altogether");
  config.Add("smtp_connections", &options->connections, 1, 64, "how many mails are sent at the same time");
}

absl::Status CheckSmtp(const SmtpOptions& options) {
  const auto bad = [](const char* message) {
    return MakeError(absl::StatusCode::kInvalidArgument, "BAD_SETTING", message);
  };
  if (options.url.empty()) return absl::OkStatus();
  if (options.tls != "required" && options.tls != "optional" && options.tls != "off") {
    return bad("smtp_tls must be required, optional or off");
  }
  if (!IsEmailAddress(options.from)) return bad("smtp_from must be an e-mail address");
  if (!options.user.empty() && options.tls != "required" && options.url.starts_with("smtp://")) {
    return bad("smtp_user needs smtp_tls=required: a password must not travel in the clear");
  }
  return absl::OkStatus();
}

absl::Status SmtpSender::Start() {
  if (!threads_.empty()) return absl::OkStatus();
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return absl::InternalError("libcurl cannot be used");
  for (std::int64_t i = 0; i < options_.connections; ++i) threads_.emplace_back([this] { Run(); });
  return absl::OkStatus();
}

void SmtpSender::Stop() {
  {
    absl::MutexLock lock(&mu_);
    stopped_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool SmtpSender::stopped() const {
  absl::MutexLock lock(&mu_);
  return stopped_;
}

void SmtpSender::Send(Mail mail, std::function<void(absl::Status)> done) {
  absl::MutexLock lock(&mu_);
  jobs_.push_back({std::move(mail), std::move(done)});
}

void SmtpSender::Run() {
  const std::function<bool()> stopped = [this] { return this->stopped(); };
  Handle curl(nullptr, &curl_easy_cleanup);
  while (true) {
    Job job;
    {
      absl::MutexLock lock(&mu_);
      mu_.Await(absl::Condition(this, &SmtpSender::HasWork));
      if (stopped_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    if (curl == nullptr) {
      curl.reset(curl_easy_init());
      SetUp(curl.get(), options_, stopped);
    }
    const absl::Status sent = SendOne(curl.get(), options_.from, job.mail);
    if (!sent.ok()) {
      CutOff(curl.get());
      curl.reset();
      LogWarn("a mail could not be sent", {{"error", MessageOf(sent)}, {"message_id", job.mail.message_id}});
    }
    job.done(sent);
  }
}

}  // namespace ordersaga::notification

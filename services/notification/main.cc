// notification-service: tells customers how their orders ended, over gRPC. Needs PostgreSQL, and a mail server or a
// folder.
#include <fmt/format.h>

#include "platform/base/error.h"
#include "platform/http/admin.h"
#include "platform/http/process_options.h"
#include "platform/participant/shell/housekeeping.h"
#include "platform/participant/shell/readiness.h"
#include "platform/pg/config.h"
#include "platform/pg/schema.h"
#include "platform/rpc/identity.h"
#include "platform/rpc/server.h"
#include "platform/runtime/address.h"
#include "platform/runtime/process.h"
#include "policy/rules.h"
#include "services/notification/api/notification_service.h"
#include "services/notification/store/mailbox_sender.h"
#include "services/notification/store/notice_effects.h"
#include "services/notification/store/smtp_sender.h"

using namespace ordersaga;  // NOLINT(google-build-using-namespace): main only

int main(int argc, char** argv) {
  PrepareProcess();
  http::ProcessOptions process;
  process.log.service = "notification";
  process.server_port = 50053;
  process.admin_port = 9053;
  pg::SessionOptions session{"postgres://notification_db:notification_db@127.0.0.1:5432/notification_db",
                             "notification"};
  std::string mailbox_dir = "var/mail";
  Config config("notification-service", "Tells customers by e-mail how their orders ended.",
                "Examples:\n  notification-service --mailbox-dir var/mail\n"
                "  SMTP_URL=smtp://mail.example.com:587 SMTP_USER=shop SMTP_PASSWORD_FILE=/run/secrets/smtp "
                "notification-service\n"
                "  grpcurl -plaintext localhost:50053 list\n");
  http::AddServiceConfig(config, &process);
  pg::AddDatabaseConfig(config, &session, "the service's own PostgreSQL database");
  config.Add("mailbox_dir", &mailbox_dir, "the folder that gets one .eml file per message, unless smtp_url is given");
  notification::SmtpOptions smtp;
  notification::AddSmtpConfig(config, &smtp);
  pg::MigrateSettings migrate;
  pg::AddMigrateConfig(config, &migrate);
  participant::TurnSettings turns;
  participant::AddTurnConfig(config, &turns);
  if (const auto code = http::BeginProcess(config, process, argc, argv)) return *code;
  if (const absl::Status status = notification::CheckSmtp(smtp); !status.ok()) {
    fmt::print(stderr, "notification-service: {}\n", MessageOf(status));
    return 2;
  }

  const rpc::Identity identity("notification", process.tls_folder, policy::Rules());
  if (const auto code = identity.Refused()) return *code;

  SystemClock clock;
  const pg::Migrations migrations = participant::Migrations({});
  if (const auto code = pg::RunMigrate(config, migrate, session, migrations, clock)) return *code;
  SystemRng rng;
  Metrics metrics;
  pg::Schema schema(session, migrations, migrate, clock);
  notification::MailboxSender mailbox(mailbox_dir);
  notification::SmtpSender mail_server(smtp);
  const bool by_smtp = !smtp.url.empty();
  notification::Sender& sender = by_smtp ? static_cast<notification::Sender&>(mail_server) : mailbox;
  Service& sending = by_smtp ? static_cast<Service&>(mail_server) : mailbox;
  participant::TurnLoopOptions turn_options = turns.With(session);
  turn_options.turns_apart = absl::Milliseconds(50);  // nobody waits for a letter
  turn_options.company = 1;
  notification::NoticeEffects effects(sender, smtp.from);
  // A mail server knows no keys: a mail that another replica is still sending should not be sent by this one too.
  const participant::Patience patience{.first = absl::Minutes(10)};
  participant::Participant notices("notification", std::move(turn_options), clock, effects, patience);
  pg::PqxxPool reads(session, 2, 1000);
  notification::NotificationServiceImpl service(notices, reads);
  participant::DatabaseWatch watch(session, clock, schema, [&] { return notices.loop().trouble(); });
  rpc::Served<notification::v1::NotificationService> served(identity.guard(), service);
  rpc::RpcServer server({.address = HostPort(process.bind_address, process.server_port),
                         .reflection = process.reflection,
                         .identity = &identity,
                         .ready = [&] { return watch.Check().ok(); }},
                        {&served});
  identity.Export(metrics);
  participant::ExportTurns(metrics, "notification", notices.loop());
  participant::Housekeeping housekeeping(session);
  http::AdminServer admin(process.bind_address, static_cast<int>(process.admin_port), metrics,
                          {{"database", [&] { return watch.Check(); }}}, clock, rng);
  return RunUntilSignal({&admin, &sending, &schema, &watch, &housekeeping, &notices, &reads, &server},
                        process.drain_timeout);
}

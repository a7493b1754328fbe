// sagactl's command line, parsed.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "sagactl/sagactl.h"

namespace ordersaga::cli {

struct ListCommand {
  std::string status;  // PENDING, COMPLETED, CANCELLED or empty for all
  bool open_only = false;
  bool parked_only = false;
  std::string user_email;  // empty: everybody's
  int limit = 50;
  bool lines = false;       // JSON, one saga a line
  bool names_only = false;  // ids, one a line
};

struct CountCommand {
  std::string group_by;  // empty: all together
  bool parked_only = false;
  std::string user_email;
};

struct ShowCommand {
  std::string id;
};

struct WhyCommand {
  std::string id;
};

struct OperateCommand {
  std::string verb;
  std::string id;
  std::string reason;
  std::int64_t expected_version = 0;  // 0: whatever it is
  bool dry_run = false;
  bool yes = false;
  std::int64_t amount_minor = 0;  // of settle
  std::string currency;
  std::string evidence;
};

// Puts a participant on hold, or releases it.
struct HoldCommand {
  std::string participant;
  std::string reason;
  bool release = false;
};

struct ParticipantsCommand {};

// Looks for what is wrong with the orchestrators and what they depend on.
struct DoctorCommand {};

struct LogCommand {
  std::string subject;  // empty: everything
  absl::Time since = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
  int limit = 50;
};

// Where a shard's chain ended once.
struct Head {
  int shard = 0;
  std::int64_t number = 0;
  std::string mac;
};

struct VerifyLogCommand {
  std::string key_file;  // empty: the environment's OPERATOR_LOG_KEY_FILE; without one the chain has no key
  std::vector<Head> heads;
};

struct AuditCommand {
  std::string order;  // empty: all of the time below
  absl::Time since = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
  std::string payment = "127.0.0.1:50051";
  std::string inventory = "127.0.0.1:50052";
  std::string notification = "127.0.0.1:50053";
  std::string foreign = "refuse";  // or "allow": effects that no saga asked for are only listed
};

// Where events come from, and which.
struct TailCommand {
  std::string routing_key = "#";  // a topic pattern
  std::int64_t count = 0;         // stop after so many; 0: never
};

struct ReplayCommand {
  std::string order;
  absl::Time since = absl::InfinitePast();
  absl::Time until = absl::InfiniteFuture();
  std::string to_queue;
};

struct HeldCommand {};

struct ReleaseCommand {
  std::string order;
  std::int64_t skip = 0;  // a sequence; 0: none
  std::string reason;
};

struct CreateKeyCommand {
  std::string client;
  bool adopt_shared = false;
  std::vector<std::string> scopes;
  std::string note;
  absl::Duration good_for = absl::ZeroDuration();  // zero: without an end
};

struct ListKeysCommand {
  bool all = false;
};

struct RotateKeyCommand {
  std::string id;
  absl::Duration grace = absl::ZeroDuration();
};

struct RevokeKeyCommand {
  std::string id;
};

struct Options {
  std::string address = "127.0.0.1:50050";
  absl::Duration timeout = absl::Seconds(10);
  std::string tls_folder;  // rpc::Identity's; empty: no TLS
  std::string key;         // an API key; empty: none
  std::string caller;      // who is at the keyboard, as far as the system knows
  bool colored = false;
  bool json = false;
  std::string broker = "amqp://admin:admin@127.0.0.1:5672/";
  std::variant<ListCommand, CountCommand, ShowCommand, WhyCommand, OperateCommand, HoldCommand, ParticipantsCommand,
               DoctorCommand, LogCommand, VerifyLogCommand, AuditCommand, TailCommand, ReplayCommand, HeldCommand,
               ReleaseCommand, CreateKeyCommand, ListKeysCommand, RotateKeyCommand, RevokeKeyCommand>
      command;
  const orchestrator::Definitions* sagas = nullptr;  // those that can be audited; set before a command runs
};

// Either options to go on with, or (help, version, usage errors: already printed) the exit code.
std::variant<Options, int> ParseOptions(const std::vector<std::string>& args, const Terminal& terminal);

}  // namespace ordersaga::cli

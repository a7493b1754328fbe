#include "tests/scenarios/happening.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace ordersaga::orchestrator {
namespace {

// Takes words off the front of a line.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  bool Skip(std::string_view phrase) {
    if (rest_.substr(0, phrase.size()) != phrase) return false;
    const std::string_view after = rest_.substr(phrase.size());
    if (!after.empty() && after.front() != ' ' && after.front() != ',') return false;
    rest_ = after;
    Trim();
    return true;
  }
  std::string Next() {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(" ,"));
    rest_.remove_prefix(word.size());
    Trim();
    return std::string(word);
  }
  std::string Rest() { return std::string(std::exchange(rest_, {})); }
  bool done() const { return rest_.empty(); }

 private:
  void Trim() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" ,"), rest_.size())); }

  std::string_view rest_;
};

absl::Status Unknown(const std::string& what) {
  return absl::InvalidArgumentError(what);
}

std::optional<absl::Duration> ParseTime(const std::string& word) {
  absl::Duration time;
  if (!absl::ParseDuration(word, &time)) return std::nullopt;
  return time;
}

std::optional<Money> ParseMoney(const std::string& word) {
  const std::size_t dot = word.find('.');
  if (dot == std::string::npos || word.size() != dot + 3) return std::nullopt;
  const std::string digits = word.substr(0, dot) + word.substr(dot + 1);
  Money money;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), money.minor);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return money;
}

// "unknown", "unknown, retry after 7s", "refused", each with words.
absl::StatusOr<OutcomeUnknown> ParseUnknown(Words& words) {
  OutcomeUnknown unknown;
  unknown.retriable = !words.Skip("refused");
  if (unknown.retriable && !words.Skip("unknown")) {
    return Unknown("expected: applied, rejected, unknown or refused (after undo: done, nothing, unknown or refused)");
  }
  if (words.Skip("retry after")) {
    unknown.retry_after = ParseTime(words.Next());
    if (!unknown.retry_after.has_value()) return Unknown("retry after what time? 7s, 500ms, 2m");
  }
  unknown.error = words.Rest();
  if (unknown.error.empty()) unknown.error = unknown.retriable ? "no answer" : "the request was refused";
  return unknown;
}

absl::StatusOr<Happening> ParseAction(Reply reply, Words& words) {
  if (words.Skip("applied")) {
    reply.outcome = Applied{words.Rest()};
  } else if (words.Skip("rejected")) {
    Rejected rejected;
    rejected.reason = words.Next();
    if (rejected.reason.empty()) return Unknown("rejected why? A reason code follows: rejected OUT_OF_STOCK");
    rejected.message = words.Rest();
    reply.outcome = std::move(rejected);
  } else {
    absl::StatusOr<OutcomeUnknown> unknown = ParseUnknown(words);
    if (!unknown.ok()) return unknown.status();
    reply.outcome = *std::move(unknown);
  }
  return reply;
}

absl::StatusOr<Happening> ParseCompensation(Reply reply, Words& words) {
  if (words.Skip("done")) {
    Undone undone{true, std::nullopt, ""};
    undone.by_hand = words.Skip("by hand");
    if (!words.done()) {
      undone.amount = ParseMoney(words.Next());
      if (!undone.amount.has_value()) return Unknown("done for how much? 100.00");
    }
    reply.outcome = std::move(undone);
  } else if (words.Skip("nothing")) {
    reply.outcome = Undone{false, std::nullopt, ""};
  } else {
    absl::StatusOr<OutcomeUnknown> unknown = ParseUnknown(words);
    if (!unknown.ok()) return unknown.status();
    reply.outcome = *std::move(unknown);
  }
  return reply;
}

absl::StatusOr<Happening> ParseReply(Words& words) {
  Reply reply;
  if (words.Skip("attempt")) {
    reply.attempt = std::atoi(words.Next().c_str());
    if (reply.attempt < 1) return Unknown("attempt which? attempt 1, payment applied");
  }
  reply.compensation = words.Skip("undo");
  reply.step = words.Next();
  return reply.compensation ? ParseCompensation(std::move(reply), words) : ParseAction(std::move(reply), words);
}

// "retry olga the provider is up again".
absl::StatusOr<Happening> ParseVerbAsked(Words& words) {
  const std::optional<Verb> verb = ParseVerb(words.Next());
  if (!verb.has_value()) return Unknown("operator does what? retry, pause, resume, cancel, compensate, settle, skip");
  VerbAsked asked{*verb, {}};
  if (words.Skip("at version")) asked.version = std::atoi(words.Next().c_str());
  if (*verb == Verb::kSettle) {
    const std::optional<Money> amount = ParseMoney(words.Next());
    if (!amount.has_value()) return Unknown("settles how much? operator settle 100.00 olga transfer 4711");
    asked.settlement = Settlement{*amount, "transfer 4711", "olga"};
  }
  asked.who.by = words.Next();
  asked.who.reason = words.Rest();
  return Event(std::move(asked));
}

absl::StatusOr<Happening> ParsePolicy(Words& words) {
  std::string text = words.Rest();
  const std::size_t last = text.rfind(' ');
  const std::optional<absl::Duration> value =
      last == std::string::npos ? std::nullopt : ParseTime(text.substr(last + 1));
  if (!value.has_value()) return Unknown("a policy has a name and a time: policy payment budget 20s");
  return SetPolicy{text.substr(0, last), *value};
}

}  // namespace

absl::StatusOr<Happening> ParseHappening(std::string_view line) {
  Words words(line);
  if (words.Skip("policy")) return ParsePolicy(words);
  if (words.Skip("order placed")) return PlaceOrder{!words.Skip("no room")};
  if (words.Skip("wait until due")) return WaitUntilDue{};
  if (words.Skip("wait")) {
    const std::optional<absl::Duration> time = ParseTime(words.Next());
    if (!time.has_value()) return Unknown("wait how long? wait 10s, wait 5m, wait until due");
    return Wait{*time};
  }
  if (words.Skip("look")) return Look{};
  if (words.Skip("admitted")) return Event(Admitted{});
  if (words.Skip("timer")) return Event(TimerDue{});
  if (words.Skip("new owner")) return Event(Resumed{});
  if (words.Skip("hold ended after")) {
    const std::optional<absl::Duration> time = ParseTime(words.Next());
    if (!time.has_value()) return Unknown("after how long? hold ended after 1h");
    return Event(HoldEnded{*time});
  }
  if (words.Skip("cancel")) return Event(CancelRequested{words.Rest()});
  if (words.Skip("fault")) return Event(FaultFound{words.Next()});
  if (words.Skip("why")) return AskWhy{};
  if (words.Skip("operator")) return ParseVerbAsked(words);
  return ParseReply(words);
}

}  // namespace ordersaga::orchestrator

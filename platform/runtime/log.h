// Structured logs on standard output: an event in a few plain words, and fields. Text for people or one JSON object a
// line for programs (LOG_FORMAT). Thread-safe. Never put addresses or secrets into a field; an order is `order_id`.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "platform/runtime/config.h"

namespace ordersaga {

struct LogOptions {
  std::string service;
  std::string level = "info";   // debug, info, warn, error
  std::string format = "text";  // text, json
};
void AddLogConfig(Config& config, LogOptions* options);

// Before the first line; until then nothing is logged.
absl::Status InitLogging(const LogOptions& options);

// A value may hold anything: it is cut at 8 KiB and written by CleanText, so that a line stays one line of UTF-8 and
// commands a terminal nothing.
struct LogField {
  std::string_view key;
  std::string value;  // empty: the field is left out
};

void LogDebug(std::string_view event, std::initializer_list<LogField> fields = {});
void LogInfo(std::string_view event, std::initializer_list<LogField> fields = {});
void LogWarn(std::string_view event, std::initializer_list<LogField> fields = {});
void LogError(std::string_view event, std::initializer_list<LogField> fields = {});

// The line as it would be written, without time stamp and newline. For tests.
std::string FormatLogLine(bool json, std::string_view level, std::string_view service, std::string_view event,
                          std::initializer_list<LogField> fields);

}  // namespace ordersaga

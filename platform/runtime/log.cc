#include "platform/runtime/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "platform/base/error.h"
#include "platform/base/text.h"

namespace ordersaga {
namespace {

constexpr std::size_t kLongestValue = 8192;

// Set once by InitLogging, before other threads exist.
struct Output {
  std::shared_ptr<spdlog::logger> logger;
  std::string service;
  bool json = false;
};
Output& TheOutput() {
  static Output output;
  return output;
}

void AppendTextValue(std::string& out, std::string_view text) {
  const bool plain = text.find_first_of(" \"=\\") == std::string_view::npos;
  if (plain) {
    out += text;
  } else {
    AppendJsonString(text, &out);
  }
}

void AppendJson(std::string& out, std::string_view key, std::string_view value) {
  out.push_back(',');
  AppendJsonString(key, &out);
  out.push_back(':');
  AppendJsonString(value, &out);
}

void Write(spdlog::level::level_enum level, std::string_view name, std::string_view event,
           std::initializer_list<LogField> fields) {
  const Output& output = TheOutput();
  if (output.logger == nullptr || !output.logger->should_log(level)) return;
  output.logger->log(level, "{}", FormatLogLine(output.json, name, output.service, event, fields));
}

}  // namespace

void AddLogConfig(Config& config, LogOptions* options) {
  config.Add("log_level", &options->level, "debug, info, warn or error");
  config.Add("log_format", &options->format, "text (for people) or json (one object a line)");
}

absl::Status InitLogging(const LogOptions& options) {
  if (options.format != "text" && options.format != "json") {
    return BadRequest({{"log_format", "must be text or json"}});
  }
  const spdlog::level::level_enum level = spdlog::level::from_str(options.level);
  if (level == spdlog::level::off && options.level != "off") {
    return BadRequest({{"log_level", "must be debug, info, warn or error"}});
  }
  Output& output = TheOutput();
  output.json = options.format == "json";
  output.service = options.service;
  output.logger = std::make_shared<spdlog::logger>(options.service, std::make_shared<spdlog::sinks::stdout_sink_mt>());
  // %v is a finished line: escaping is done before spdlog sees it.
  output.logger->set_pattern(output.json ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%fZ",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %v",
                             spdlog::pattern_time_type::utc);
  output.logger->set_level(level);
  output.logger->flush_on(spdlog::level::trace);
  return absl::OkStatus();
}

std::string FormatLogLine(bool json, std::string_view level, std::string_view service, std::string_view event,
                          std::initializer_list<LogField> fields) {
  std::string line;
  if (json) {
    line = fmt::format(R"("level":"{}","service":"{}","msg":)", level, service);
    AppendJsonString(event, &line);
  } else {
    line = fmt::format("{:<5} {:<12} {}", level, service, event);
  }
  for (const LogField& field : fields) {
    if (field.value.empty()) continue;
    const std::string value = CleanText(field.value, kLongestValue);
    if (json) {
      AppendJson(line, field.key, value);
    } else {
      line += fmt::format(" {}=", field.key);
      AppendTextValue(line, value);
    }
  }
  return line;
}

void LogDebug(std::string_view event, std::initializer_list<LogField> fields) {
  Write(spdlog::level::debug, "debug", event, fields);
}
void LogInfo(std::string_view event, std::initializer_list<LogField> fields) {
  Write(spdlog::level::info, "info", event, fields);
}
void LogWarn(std::string_view event, std::initializer_list<LogField> fields) {
  Write(spdlog::level::warn, "warn", event, fields);
}
void LogError(std::string_view event, std::initializer_list<LogField> fields) {
  Write(spdlog::level::err, "error", event, fields);
}

}  // namespace ordersaga

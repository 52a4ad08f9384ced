#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace quietus::log {

namespace {

spdlog::level::level_enum spdlog_level(Level level) {
    switch (level) {
        case Level::debug:
            return spdlog::level::debug;
        case Level::info:
            return spdlog::level::info;
        case Level::warning:
            return spdlog::level::warn;
        case Level::error:
            return spdlog::level::err;
        case Level::off:
            return spdlog::level::off;
    }
    return spdlog::level::info;
}

}  // namespace

Result<Level> parse_level(std::string_view text) {
    if (text == "debug") return Level::debug;
    if (text == "info") return Level::info;
    if (text == "warning") return Level::warning;
    if (text == "error") return Level::error;
    if (text == "off") return Level::off;
    return failure(ErrorCode::usage, "unknown log level '" + std::string{text} + "'",
                   "use debug, info, warning, error or off");
}

void start(Level level) {
    auto logger = std::make_shared<spdlog::logger>(
        "quietus", std::make_shared<spdlog::sinks::stderr_sink_st>());
    logger->set_pattern("quietus: %l: %v");
    logger->set_level(spdlog_level(level));
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
}

void debug(std::string_view text) {
    spdlog::debug("{}", text);
}
void info(std::string_view text) {
    spdlog::info("{}", text);
}
void warning(std::string_view text) {
    spdlog::warn("{}", text);
}
void error(std::string_view text) {
    spdlog::error("{}", text);
}

}  // namespace quietus::log

#include "cli/limit_flags.h"

#include "app/erase.h"
#include "base/parse_units.h"

namespace quietus::cli {

namespace {

// More tries than this of a sector are no thoroughness.
constexpr unsigned kRetriesMax = 100;

Result<std::optional<std::uint64_t>> rate_from(const std::string& text, const std::string& flag) {
    if (text.empty()) return std::optional<std::uint64_t>{};
    return std::optional{QUIETUS_TRY_CONTEXT(parse_bytes(text), flag)};
}

Result<void> take_duration(const std::string& text, const std::string& flag,
                           std::uint64_t& seconds) {
    if (text.empty()) return {};
    const auto limit = QUIETUS_TRY_CONTEXT(parse_duration(text), flag);
    seconds = static_cast<std::uint64_t>(limit.count());
    return {};
}

}  // namespace

void LimitFlags::add_to(CLI::App& sub) {
    sub.add_option("--max-rate", max_rate, "Bytes a second and drive at most, as 50M or 200MiB");
    sub.add_option("--min-rate", min_rate,
                   "Give a drive up that does less than this over a minute, as 1M");
    sub.add_option("--deadline", deadline, "Stop what is not done after this long, as 8h or 90m");
    sub.add_option("--request-deadline", request_deadline,
                   "Declare a drive hung that does not answer a request for so long (default: 5m)");
    sub.add_option("--bad-area-time", bad_area_time,
                   "Time for finding the bad sectors within one failed request (default: 5m)");
    sub.add_option("--retries", retries,
                   "More tries of a bad sector whose error may pass (default: 1)");
    sub.add_option("--direction", direction, "forward (default) or backward");
}

Result<RunLimits> LimitFlags::limits() const {
    RunLimits limits;
    limits.max_rate = QUIETUS_TRY(rate_from(max_rate, "--max-rate"));
    if (limits.max_rate && *limits.max_rate < app::kMaxRateLeast)
        return failure(
            ErrorCode::usage,
            "--max-rate is at least " + std::to_string(app::kMaxRateLeast) + " bytes a second");
    limits.min_rate = QUIETUS_TRY(rate_from(min_rate, "--min-rate"));
    if (limits.min_rate && limits.max_rate && *limits.min_rate >= *limits.max_rate)
        return failure(ErrorCode::usage, "--min-rate is not below --max-rate");
    if (!deadline.empty()) {
        limits.deadline_s = 0;
        QUIETUS_TRY(take_duration(deadline, "--deadline", *limits.deadline_s));
    }
    QUIETUS_TRY(take_duration(request_deadline, "--request-deadline", limits.request_deadline_s));
    QUIETUS_TRY(take_duration(bad_area_time, "--bad-area-time", limits.bad_area_s));
    if (retries) {
        if (*retries > kRetriesMax)
            return failure(ErrorCode::usage, "--retries takes 0 to " + std::to_string(kRetriesMax));
        limits.retries = *retries;
    }
    if (direction == "backward")
        limits.backward = true;
    else if (!direction.empty() && direction != "forward")
        return failure(ErrorCode::usage, "--direction takes forward or backward");
    return limits;
}

}  // namespace quietus::cli

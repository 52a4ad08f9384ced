#include "cli/limit_flags.h"

#include "base/parse_units.h"

namespace quietus::cli {

namespace {

Result<std::optional<std::uint64_t>> rate_from(const std::string& text, const std::string& flag) {
    if (text.empty()) return std::optional<std::uint64_t>{};
    return std::optional{QUIETUS_TRY_CONTEXT(parse_bytes(text), flag)};
}

Result<std::optional<std::uint64_t>> seconds_from(const std::string& text,
                                                  const std::string& flag) {
    if (text.empty()) return std::optional<std::uint64_t>{};
    const auto limit = QUIETUS_TRY_CONTEXT(parse_duration(text), flag);
    return std::optional{static_cast<std::uint64_t>(limit.count())};
}

Result<std::optional<bool>> backward_from(const std::string& text) {
    if (text.empty()) return std::optional<bool>{};
    if (text != "forward" && text != "backward")
        return failure(ErrorCode::usage, "--direction takes forward or backward");
    return std::optional{text == "backward"};
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

Result<app::SaidLimits> LimitFlags::said() const {
    app::SaidLimits said;
    said.max_rate = QUIETUS_TRY(rate_from(max_rate, "--max-rate"));
    said.min_rate = QUIETUS_TRY(rate_from(min_rate, "--min-rate"));
    said.deadline_s = QUIETUS_TRY(seconds_from(deadline, "--deadline"));
    said.request_deadline_s = QUIETUS_TRY(seconds_from(request_deadline, "--request-deadline"));
    said.bad_area_s = QUIETUS_TRY(seconds_from(bad_area_time, "--bad-area-time"));
    said.retries = retries;
    said.backward = QUIETUS_TRY(backward_from(direction));
    // What cannot be for any run is told of the flags.
    QUIETUS_TRY(app::limits_of(said));
    return said;
}

}  // namespace quietus::cli

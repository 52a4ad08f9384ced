#include "app/limits.h"

#include <string>

namespace quietus::app {

namespace {

// More tries than this of a sector are no thoroughness.
constexpr unsigned kRetriesMax = 100;

Result<RunLimits> limits_over(RunLimits limits, const SaidLimits& said) {
    if (said.max_rate && *said.max_rate < kMaxRateLeast)
        return failure(ErrorCode::usage, "--max-rate is at least " + std::to_string(kMaxRateLeast) +
                                             " bytes a second");
    if (said.retries && *said.retries > kRetriesMax)
        return failure(ErrorCode::usage, "--retries takes 0 to " + std::to_string(kRetriesMax));
    limits.max_rate = said.max_rate;
    limits.deadline_s = said.deadline_s;
    if (said.min_rate) limits.min_rate = said.min_rate;
    if (limits.min_rate && limits.max_rate && *limits.min_rate >= *limits.max_rate)
        return failure(ErrorCode::usage, "--min-rate is not below --max-rate");
    limits.request_deadline_s = said.request_deadline_s.value_or(limits.request_deadline_s);
    limits.bad_area_s = said.bad_area_s.value_or(limits.bad_area_s);
    limits.retries = said.retries.value_or(limits.retries);
    limits.backward = said.backward.value_or(limits.backward);
    return limits;
}

}  // namespace

Result<RunLimits> limits_of(const SaidLimits& said) {
    return limits_over({}, said);
}

Result<RunLimits> limits_after(const RunLimits& before, const SaidLimits& said) {
    auto limits = limits_over(before, said);
    const bool inherited = before.min_rate && !said.min_rate;
    if (!limits && inherited && said.max_rate && *before.min_rate >= *said.max_rate)
        limits.error().hint = "the run had --min-rate " + std::to_string(*before.min_rate) +
                              ": give --min-rate too (0: none)";
    return limits;
}

}  // namespace quietus::app

#include "plan/token.h"

#include <algorithm>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"

namespace quietus {

namespace {

constexpr std::size_t kTimeLength = 16;    // "20261122T020803Z"
constexpr std::size_t kDigestLength = 64;  // SHA-256 in hex
constexpr const char* kPlanAgain = "run quietus plan again, read it, and pass the token it prints";

std::string token_at(const std::string& time, std::span<const Plan> plans) {
    std::vector<std::string> digests;
    for (const Plan& plan : plans) digests.push_back(plan_digest(plan));
    std::sort(digests.begin(), digests.end());  // the order of the command line means nothing
    return time + "-" +
           sha256_hex(canonical_json(
               {{"schema", "quietus/plan-token/1"}, {"time", time}, {"plans", digests}}));
}

bool is_lower_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Result<UtcTime> time_of(std::string_view token) {
    const bool shaped = token.size() == kTimeLength + 1 + kDigestLength &&
                        token[kTimeLength] == '-' && is_lower_hex(token.substr(kTimeLength + 1));
    const auto time = parse_compact(token.substr(0, std::min(kTimeLength, token.size())));
    if (!shaped || !time) {
        return failure(ErrorCode::usage, "not a plan token: '" + printable_text(token) + "'",
                       kPlanAgain);
    }
    return *time;
}

}  // namespace

std::string make_token(std::span<const Plan> plans, UtcTime now) {
    return token_at(to_compact(now), plans);
}

Result<void> check_token(std::string_view token, std::span<const Plan> plans, UtcTime now) {
    const UtcTime made = QUIETUS_TRY(time_of(token));
    // The digest first: only if it holds is the time in the token one that we wrote.
    if (plans.empty() || token_at(std::string{token.substr(0, kTimeLength)}, plans) != token) {
        return failure(ErrorCode::bad_evidence,
                       "the plan token is not for these drives and steps as they are now",
                       kPlanAgain);
    }
    if (now.ms - made.ms > kTokenLifetimeMs) {
        return failure(ErrorCode::refused,
                       "the plan token has expired: it is from " + to_rfc3339(made), kPlanAgain);
    }
    if (made.ms - now.ms > kTokenSkewMs) {
        return failure(ErrorCode::refused,
                       "the plan token is from the future: " + to_rfc3339(made) + ", and it is " +
                           to_rfc3339(now),
                       "set the clock right; then run quietus plan again");
    }
    return {};
}

}  // namespace quietus

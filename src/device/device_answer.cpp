#include "device/device_answer.h"

#include <algorithm>
#include <limits>

#include "base/endian.h"

namespace quietus {

namespace {

constexpr std::size_t kEntrySize = 64;
constexpr std::size_t kDword10At = 40;
constexpr std::uint8_t kSanitizeOpcode = 0x84;
constexpr std::uint32_t kActionMask = 0x7;

Json to_json(const DeviceStatus& status) {
    return {{"time", to_rfc3339(status.time)}, {"raw", to_hex(status.raw)}};
}

Result<DeviceStatus> status_from(const Json& json) {
    DeviceStatus status;
    status.time = QUIETUS_TRY(parse_rfc3339(QUIETUS_TRY(string_member(json, "time"))));
    const auto raw = from_hex(QUIETUS_TRY(string_member(json, "raw")));
    if (!raw) return failure(ErrorCode::bad_evidence, "a status is not hex");
    status.raw = *raw;
    return status;
}

// Not cut off: a refusal must not become the 0 of success.
Result<std::uint32_t> completion_from(const Json& json) {
    const std::uint64_t value = QUIETUS_TRY(integer_from(json, "completion"));
    if (value > std::numeric_limits<std::uint32_t>::max())
        return failure(ErrorCode::bad_evidence, "a completion is too large");
    return static_cast<std::uint32_t>(value);
}

// The log said that the operation ended well before our command too: what shows that it ran again?
std::optional<std::string> change_since(const NvmeSanitizeLog& before, const NvmeSanitizeLog& last,
                                        bool seen_running) {
    if (seen_running) return "in progress, then " + to_string(last.state);
    // What a state that is not known here stands for, may be a success.
    if (!before.succeeded() && before.state != NvmeSanitizeLog::State::reserved)
        return to_string(before.state) + ", then " + to_string(last.state);
    if (before.command_dword10 != last.command_dword10)
        return "another command's success, then this one's";
    if (!before.global_data_erased && last.global_data_erased)
        return "written since the success before, then erased again";
    return std::nullopt;
}

}  // namespace

Json to_json(const DeviceAnswer& answer) {
    Json after = Json::array();
    for (const DeviceStatus& status : answer.after) after.push_back(to_json(status));
    return {{"command", to_hex(answer.command)},
            {"before", answer.before ? to_json(*answer.before) : Json(nullptr)},
            {"completion", answer.completion ? Json(*answer.completion) : Json(nullptr)},
            {"after", std::move(after)},
            {"adopted", answer.adopted}};
}

Result<DeviceAnswer> device_answer_from_json(const Json& json) {
    DeviceAnswer answer;
    const auto command = from_hex(QUIETUS_TRY(string_member(json, "command")));
    if (!command) return failure(ErrorCode::bad_evidence, "a command is not hex");
    answer.command = *command;
    const Json before = QUIETUS_TRY(member(json, "before"));
    if (!before.is_null()) answer.before = QUIETUS_TRY(status_from(before));
    const Json completion = QUIETUS_TRY(member(json, "completion"));
    if (!completion.is_null()) answer.completion = QUIETUS_TRY(completion_from(completion));
    const Json after = QUIETUS_TRY(member(json, "after"));
    if (!after.is_array() || after.size() > kStatusesMax)
        return failure(ErrorCode::bad_evidence, "statuses are not a list, or too many");
    for (const Json& status : after) answer.after.push_back(QUIETUS_TRY(status_from(status)));
    answer.adopted = QUIETUS_TRY(bool_member(json, "adopted"));
    return answer;
}

tl::expected<SanitizeProof, std::string> prove_sanitize(const DeviceAnswer& answer,
                                                        std::uint32_t action) {
    const auto no = [](std::string why) { return tl::unexpected{std::move(why)}; };
    if (answer.command.size() != kEntrySize ||
        std::to_integer<std::uint8_t>(answer.command.front()) != kSanitizeOpcode)
        return no("no Sanitize command was sent");
    const std::uint32_t sent = little32(answer.command, kDword10At);
    if ((sent & kActionMask) != action) return no("another Sanitize operation was sent");
    if (answer.completion && *answer.completion != 0)
        return no("the drive did not accept the Sanitize command");
    if (!answer.before) return no("the drive's status before the command is not known");
    const auto before = decode_sanitize_log(answer.before->raw);
    if (!before || answer.after.empty()) return no("the drive's status could not be read");
    bool seen_running = false;
    std::optional<NvmeSanitizeLog> last;
    for (const DeviceStatus& status : answer.after) {
        last = decode_sanitize_log(status.raw);
        if (!last) return no("the drive's status could not be decoded");
        seen_running = seen_running || (last->state == NvmeSanitizeLog::State::in_progress &&
                                        last->command_dword10 == sent);
    }
    if (last->state == NvmeSanitizeLog::State::failed) return no("the drive says that it failed");
    if (!last->succeeded())
        return no("the drive's last status is " + to_string(last->state) + ", not success");
    if (last->command_dword10 != sent)
        return no("the drive tells of another command than the one it was sent");
    if (!answer.adopted && !answer.completion && !seen_running)
        return no("the drive did not answer the Sanitize command, and was not seen to run it");
    const auto change = change_since(*before, *last, seen_running);
    if (!change)
        return no(
            "the drive's status is what it was before the command: nothing shows that it ran");
    return SanitizeProof{*last, *change};
}

}  // namespace quietus

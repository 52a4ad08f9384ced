// A drive's answer from a record that anybody may have written: what proves a sanitize has the
// command, its acceptance, and the success of that very command at the end.

#include <cstdint>

#include "base/endian.h"
#include "device/device_answer.h"

namespace {

using namespace quietus;

constexpr std::size_t kDword10At = 40;

void check_grounds(const DeviceAnswer& answer, std::uint32_t action, const SanitizeProof& proof) {
    QUIETUS_CHECK(answer.command.size() == 64 && answer.command[0] == std::byte{0x84});
    const std::uint32_t sent = little32(answer.command, kDword10At);
    QUIETUS_CHECK((sent & 7U) == action);
    QUIETUS_CHECK(!answer.completion || *answer.completion == 0);
    QUIETUS_CHECK(answer.before.has_value() && !answer.after.empty());
    const auto last = decode_sanitize_log(answer.after.back().raw);
    QUIETUS_CHECK(last.has_value() && *last == proof.log());
    QUIETUS_CHECK(last->succeeded() && last->command_dword10 == sent);
    QUIETUS_CHECK(!proof.change().empty());
    // One reading that is what it was before shows nothing.
    QUIETUS_CHECK(answer.after.size() > 1 || answer.before->raw != answer.after.back().raw);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto json = parse_json({reinterpret_cast<const char*>(data), size});
    const auto answer =
        json ? device_answer_from_json(*json) : Result<DeviceAnswer>{tl::unexpected{json.error()}};
    if (!answer) return 0;
    const auto again = device_answer_from_json(to_json(*answer));
    QUIETUS_CHECK(again.has_value() && *again == *answer);
    constexpr std::uint32_t kActions = 8;
    for (std::uint32_t action = 0; action <= kActions; ++action) {
        const auto proof = prove_sanitize(*answer, action);
        if (proof)
            check_grounds(*answer, action, *proof);
        else
            QUIETUS_CHECK(!proof.error().empty());
    }
    return 0;
}

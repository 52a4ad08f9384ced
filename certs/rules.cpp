#include "certs/rules.h"

#include <algorithm>

#include "base/units.h"
#include "certs/evidence.h"
#include "certs/statement.h"
#include "device/device_answer.h"
#include "plan/technique.h"

namespace quietus::certs {

namespace {

tl::unexpected<Error> contradiction(const std::string& what) {
    return failure(ErrorCode::not_authentic, "the record contradicts itself: " + what);
}

// type, verdict and file name say the same thing three times, so that no pipeline can mistake one
// for another.
Result<void> check_type(const Json& record, const std::string& stem) {
    const std::string type = QUIETUS_TRY(string_member(record, "type"));
    const std::string said = QUIETUS_TRY(string_member(record, "verdict"));
    const Verdict verdict = QUIETUS_TRY(parse_verdict(said));
    if (stem_of(verdict) != stem)
        return contradiction("a file called " + stem + " with verdict " + to_string(verdict));
    if (type != (verdict == Verdict::erased ? "sanitization" : stem))
        return contradiction("type " + type + " with verdict " + to_string(verdict));
    return {};
}

Result<std::uint64_t> sectors_in(const Json& ranges) {
    std::uint64_t total = 0;
    std::uint64_t end = 0;
    for (const Json& range : ranges) {
        if (!range.is_array() || range.size() != 2)
            return contradiction("a range that is not [first, count]");
        const std::uint64_t first = QUIETUS_TRY(integer_from(range[0], "range"));
        const std::uint64_t count = QUIETUS_TRY(integer_from(range[1], "range"));
        const auto next = checked_add(first, count);
        if (!next || count == 0 || first < end)
            return contradiction("ranges that overlap or are out of order");
        end = *next;
        total += count;
    }
    return total;
}

// A count of bytes and the ranges it sums up: none without the other, and no more than the ranges
// hold.
Result<void> check_ranges(const Json& part, const std::string& ranges, const std::string& bytes,
                          std::uint64_t sector) {
    const Json list = QUIETUS_TRY(member(part, ranges));
    const std::uint64_t sectors = QUIETUS_TRY(sectors_in(list));
    const std::uint64_t total = QUIETUS_TRY(integer_member(part, bytes));
    const auto most = checked_mul(sectors, sector);
    if ((total == 0) != (sectors == 0) || !most || total > *most)
        return contradiction(bytes + " does not fit the ranges of " + ranges);
    return {};
}

bool is_of_technique(const Json& step, const std::string& kind) {
    return string_member(step, "kind").value_or("") == kind &&
           string_member(step, "role").value_or("") == "technique";
}

Result<Bytes> bytes_member(const Json& json, const std::string& key) {
    const std::string hex = QUIETUS_TRY(string_member(json, key));
    const auto bytes = from_hex(hex);
    if (!bytes) return contradiction("\"" + key + "\" is not hex");
    return *bytes;
}

Result<DeviceStatus> status_of(const Json& json) {
    DeviceStatus status;
    status.raw = QUIETUS_TRY(bytes_member(json, "raw"));
    return status;
}

// The raw bytes decide, as they did when the record was made.
Result<void> check_proof(const Json& step, const std::string& command) {
    const Json said = QUIETUS_TRY(member(step, "device_said"));
    DeviceAnswer answer;
    answer.command = QUIETUS_TRY(bytes_member(said, "command"));
    answer.adopted = QUIETUS_TRY(bool_member(said, "adopted"));
    const Json completion = QUIETUS_TRY(member(said, "completion"));
    if (completion.is_number_unsigned()) answer.completion = completion.get<std::uint32_t>();
    const Json before = QUIETUS_TRY(member(said, "before"));
    answer.before = QUIETUS_TRY(status_of(before));
    const Json after = QUIETUS_TRY(member(said, "after"));
    for (const Json& status : after) answer.after.push_back(QUIETUS_TRY(status_of(status)));
    const auto known = parse_device_command(command);
    if (!known) return contradiction("erased by a command that is not known: " + command);
    const auto proof = prove_sanitize(answer, action_of(*known));
    if (!proof)
        return contradiction("erased, yet what the drive said is no proof: " + proof.error());
    return {};
}

bool ended_well(const Json& step) {
    return string_member(step, "end").value_or("") == "completed";
}

// Markers, the commands in their order with a proof each, then everything read back.
Result<void> check_device_steps(const Json& record, const Json& commands, const Json& steps) {
    std::size_t done = 0;
    bool marked = false;
    bool read_back = false;
    for (const Json& step : steps) {
        const std::string kind = string_member(step, "kind").value_or("");
        const std::string role = string_member(step, "role").value_or("");
        if (kind == "markers") {
            const Json flushed = QUIETUS_TRY(member(step, "flushed"));
            marked = ended_well(step) && flushed == Json(true);
            done = 0;
        } else if (kind == "device-erase" && marked) {
            if (!ended_well(step) || done >= commands.size() || !commands[done].is_string())
                return contradiction(
                    "erased, yet a command is not the technique's, or did not end");
            QUIETUS_TRY(check_proof(step, commands[done].get<std::string>()));
            ++done;
        } else if (kind == "read-back" && role == "device") {
            read_back = marked && done == commands.size() && ended_well(step);
        } else if (kind == "overwrite" && !read_back) {
            return contradiction("erased, yet overwritten before the drive was read back");
        }
    }
    const Json seen = QUIETUS_TRY(member(record, "verification"));
    const Json markers = QUIETUS_TRY(member(seen, "markers"));
    const std::uint64_t kept = QUIETUS_TRY(integer_member(markers, "unchanged"));
    if (!marked || done != commands.size() || !read_back || kept != 0)
        return contradiction("erased, yet markers, commands and read-back do not show it");
    return {};
}

// What is vouched for is the technique's last pass: the read-back must be the next thing done.
Result<void> check_last_pass_was_read_back(const Json& record) {
    const Json done = QUIETUS_TRY(member(record, "sanitization"));
    const Json steps = QUIETUS_TRY(member(done, "steps"));
    const Json commands = QUIETUS_TRY(member(done, "commands"));
    if (!commands.empty()) return check_device_steps(record, commands, steps);
    bool read_back = false;
    bool right_after = false;
    for (const Json& step : steps) {
        const bool pass = is_of_technique(step, "overwrite");
        if (pass) read_back = false;
        if (right_after && is_of_technique(step, "read-back")) read_back = true;
        right_after = pass;
    }
    if (read_back) return {};
    return contradiction("erased, yet the technique's last pass was not read back");
}

Result<void> check_coverage(const Json& record) {
    const Json seen = QUIETUS_TRY(member(record, "verification"));
    const Json drive = QUIETUS_TRY(member(record, "drive"));
    const std::uint64_t covered = QUIETUS_TRY(integer_member(seen, "covered_bytes"));
    const std::uint64_t total = QUIETUS_TRY(integer_member(seen, "total_bytes"));
    const std::uint64_t size = QUIETUS_TRY(integer_member(drive, "size_bytes"));
    const std::string how = QUIETUS_TRY(string_member(seen, "class"));
    if (covered > total || total > size) return contradiction("more was verified than there is");
    if (QUIETUS_TRY(string_member(record, "type")) != "sanitization") return {};
    if (QUIETUS_TRY(string_member(seen, "outcome")) != "pass")
        return contradiction("erased, yet the verification did not pass");
    if (covered == 0 || (how == "full" && covered != total))
        return contradiction("erased, yet the verification it names did not cover what it should");
    const std::uint64_t unaddressable = QUIETUS_TRY(integer_member(drive, "unaddressable_bytes"));
    if (how == "full" && total != size - std::min(size, unaddressable))
        return contradiction("erased, yet not every addressable byte was to be verified");
    if (!QUIETUS_TRY(bool_member(drive, "identity_confirmed_after")))
        return contradiction("erased, yet the drive was not seen to be the same one afterwards");
    return check_last_pass_was_read_back(record);
}

// A statement claims nothing that was measured, so that nobody can take it for a record.
Result<void> check_statement(const Json& statement, const std::string& stem) {
    const std::string type = QUIETUS_TRY(string_member(statement, "type"));
    if (type != stem) return contradiction("a file called " + stem + " of type " + type);
    const auto previous = QUIETUS_TRY(previous_of(statement));
    if (type == "validation" && previous.empty()) return contradiction("a validation of no record");
    return {};
}

}  // namespace

Result<void> check_record_rules(const Json& record, const std::string& stem,
                                const std::string& signer) {
    const Json key = QUIETUS_TRY(member(record, "signing_key"));
    if (QUIETUS_TRY(string_member(key, "fingerprint_sha256")) != signer)
        return contradiction("it names another signing certificate than the one that signed it");
    if (is_statement_type(stem)) return check_statement(record, stem);
    QUIETUS_TRY(check_type(record, stem));
    const Json drive = QUIETUS_TRY(member(record, "drive"));
    const std::uint64_t sector = QUIETUS_TRY(integer_member(drive, "logical_sector"));
    const Json seen = QUIETUS_TRY(member(record, "verification"));
    const Json done = QUIETUS_TRY(member(record, "sanitization"));
    QUIETUS_TRY(check_ranges(done, "unwritten", "unwritten_bytes", sector));
    QUIETUS_TRY(check_ranges(done, "never_written", "never_written_bytes", sector));
    QUIETUS_TRY(check_ranges(seen, "mismatched", "mismatched_bytes", sector));
    QUIETUS_TRY(check_ranges(seen, "unreadable", "unreadable_bytes", sector));
    return check_coverage(record);
}

}  // namespace quietus::certs

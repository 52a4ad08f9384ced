#include "certs/rules.h"

#include <algorithm>

#include "base/units.h"
#include "certs/evidence.h"
#include "certs/statement.h"

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

// What is vouched for is the technique's last pass: the read-back must be the next thing done.
Result<void> check_last_pass_was_read_back(const Json& record) {
    const Json done = QUIETUS_TRY(member(record, "sanitization"));
    const Json steps = QUIETUS_TRY(member(done, "steps"));
    bool read_back = false;
    bool right_after = false;
    for (const Json& step : steps) {
        const std::string kind = string_member(step, "kind").value_or("");
        const bool by_device = string_member(step, "role").value_or("") == "device";
        const bool pass = is_of_technique(step, "overwrite") || kind == "device-erase";
        if (pass) read_back = false;
        const bool fits = is_of_technique(step, "read-back") || (by_device && kind == "read-back");
        if (right_after && fits) read_back = true;
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

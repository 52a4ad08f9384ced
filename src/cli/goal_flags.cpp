#include "cli/goal_flags.h"

#include "base/bytes.h"
#include "base/file.h"

namespace quietus::cli {

void GoalFlags::add_to(CLI::App& sub) {
    sub.add_option("--purpose", purpose,
                   "Where the drive goes: internal-reuse (default), external-reuse, manufacturer, "
                   "recycler, destruction");
    sub.add_option("--level", level,
                   "NIST method: clear or purge (default: the best the drive offers, at least what "
                   "the purpose needs)");
    sub.add_option("--technique,--method", technique,
                   "random, zero, ones, pattern:HEX, a name that `quietus methods` shows, or the "
                   "file of an own profile (FILE.toml); default: the best the drive offers, else "
                   "random");
    sub.add_option("--verify", verify, "Read-back: full (default), sample or none");
    sub.add_flag("--verify-each", verify_each, "Read back every pass, not only the last");
    sub.add_flag("--prove", prove,
                 "Before a technique that ends in a repeated pattern, write and read back one pass "
                 "that differs at every position");
    sub.add_flag("--blank", blank, "Write zeros after the verification; no part of the technique");
    sub.add_flag(
        "--also-overwrite", also_overwrite,
        "After a technique of the drive itself, overwrite and read back everything as well");
}

Result<Goal> GoalFlags::goal() const {
    Goal goal;
    goal.purpose_is_default = purpose.empty();
    if (!purpose.empty()) goal.purpose = QUIETUS_TRY(parse_purpose(purpose));
    if (!level.empty()) goal.level = QUIETUS_TRY(parse_level(level));
    goal.technique_is_default = technique.empty();
    if (!technique.empty()) {
        const Profile found = QUIETUS_TRY(technique_named(technique));
        goal.technique = found.technique.name;
        if (!found.technique.profile_sha256.empty()) goal.profile = found.technique;
        if (found.reads_nothing_back) goal.verify = VerifyMode::none;
    }
    if (!verify.empty()) goal.verify = QUIETUS_TRY(parse_verify_mode(verify));
    goal.verify_each = verify_each;
    goal.prove = prove;
    goal.blank = blank;
    goal.also_overwrite = also_overwrite;
    QUIETUS_TRY(check_goal(goal));
    return goal;
}

Result<Profile> technique_named(const std::string& word) {
    if (word.find('/') == std::string::npos && !word.ends_with(".toml")) {
        auto technique = QUIETUS_TRY(find_technique(word));
        return Profile{.technique = std::move(technique), .reads_nothing_back = false};
    }
    auto text = read_whole_file(word, kProfileSizeMax);
    if (!text)
        return failure(text.error().code == ErrorCode::bad_evidence ? ErrorCode::bad_evidence
                                                                    : ErrorCode::usage,
                       text.error().message,
                       "--technique takes a name, or a file of at most 64 KiB; names are listed by "
                       "quietus methods");
    return parse_profile(*text, word);
}

void add_drives(CLI::App& sub, std::vector<std::string>& devices, std::string& manifest_file,
                bool& skip_refused) {
    sub.add_option("DEVICE", devices,
                   "Whole disks: /dev/..., serial:..., wwn:... (default: all of the manifest)");
    sub.add_option("--manifest", manifest_file,
                   "Table (CSV) that names the drives and says whose they are");
    sub.add_flag("--skip-refused", skip_refused,
                 "Leave out drives that are refused instead of refusing all");
}

void add_accept(CLI::App& sub, std::vector<std::string>& rules) {
    sub.add_option("--accept", rules, "Rule id of an objection that may be overridden; recorded")
        ->take_all()
        ->expected(1)
        ->allow_extra_args(false);
}

Result<void> check_drives(const std::vector<std::string>& devices,
                          const std::string& manifest_file) {
    if (!devices.empty() || !manifest_file.empty()) return {};
    return failure(ErrorCode::usage, "no drive is named", "give a DEVICE, or --manifest FILE");
}

}  // namespace quietus::cli

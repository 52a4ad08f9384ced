#include "cli/goal_flags.h"

#include "plan/technique.h"

namespace quietus::cli {

void GoalFlags::add_to(CLI::App& sub) {
    sub.add_option("--purpose", purpose,
                   "Where the drive goes: internal-reuse (default), external-reuse, manufacturer, "
                   "recycler, destruction");
    sub.add_option("--level", level,
                   "NIST method: clear or purge (default: the best the drive offers, at least what "
                   "the purpose needs)");
    sub.add_option("--technique,--method", technique,
                   "random (default), zero, ones or pattern:HEX");
    sub.add_option("--verify", verify, "Read-back: full (default), sample or none");
}

Result<Goal> GoalFlags::goal() const {
    Goal goal;
    goal.purpose_is_default = purpose.empty();
    if (!purpose.empty()) goal.purpose = QUIETUS_TRY(parse_purpose(purpose));
    if (!level.empty()) goal.level = QUIETUS_TRY(parse_level(level));
    goal.technique_is_default = technique.empty();
    if (!technique.empty()) goal.technique = QUIETUS_TRY(find_technique(technique)).name;
    if (!verify.empty()) goal.verify = QUIETUS_TRY(parse_verify_mode(verify));
    return goal;
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

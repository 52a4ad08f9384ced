#pragma once
// What is wanted: level, purpose, technique, verification. NIST SP 800-88r2 words.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "plan/level.h"
#include "plan/technique.h"

namespace quietus {

/// Where the drive goes next; decides the level needed.
enum class Purpose { internal_reuse, external_reuse, manufacturer, recycler, destruction };

enum class VerifyMode { none, sample, full };

std::string to_string(Purpose purpose);
std::string to_string(VerifyMode mode);
Result<Purpose> parse_purpose(std::string_view text);
Result<VerifyMode> parse_verify_mode(std::string_view text);

struct Goal {
    Purpose purpose{Purpose::internal_reuse};
    bool purpose_is_default{true};
    std::optional<Level>
        level;  ///< Asked for; else the best the drive offers, at least what the purpose needs.
    std::string technique{"random"};
    bool technique_is_default{true};
    std::optional<Technique> profile;  ///< An own profile; `technique` is then its name.
    VerifyMode verify{VerifyMode::full};
    bool verify_each{false};     ///< Read back every pass, not only the last.
    bool prove{false};           ///< Show with one pass that each place keeps its own bytes.
    bool blank{false};           ///< Write zeros after the verification.
    bool also_overwrite{false};  ///< After the drive has erased itself, overwrite it all the same.
    friend bool operator==(const Goal&, const Goal&) = default;
};

/// `usage` where the goal contradicts itself.
Result<void> check_goal(const Goal& goal);

/// The least level the purpose needs: a drive that leaves the organisation needs purge.
Level level_needed(Purpose purpose);

}  // namespace quietus

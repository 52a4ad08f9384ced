#pragma once
// What is wanted: level, purpose, technique, verification. NIST SP 800-88r2 words.

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace quietus {

/// NIST "method". Destroy is never ours: software only records a person's attestation.
enum class Level { clear, purge };

/// Where the drive goes next; decides the level needed.
enum class Purpose { internal_reuse, external_reuse, manufacturer, recycler, destruction };

enum class VerifyMode { none, sample, full };

std::string to_string(Level level);
std::string to_string(Purpose purpose);
std::string to_string(VerifyMode mode);
Result<Level> parse_level(std::string_view text);
Result<Purpose> parse_purpose(std::string_view text);
Result<VerifyMode> parse_verify_mode(std::string_view text);

struct Goal {
    Purpose purpose{Purpose::internal_reuse};
    bool purpose_is_default{true};
    std::optional<Level>
        level;  ///< Asked for; else the best the drive offers, at least what the purpose needs.
    std::string technique{"random"};
    bool technique_is_default{true};
    VerifyMode verify{VerifyMode::full};
    friend bool operator==(const Goal&, const Goal&) = default;
};

/// The least level the purpose needs: a drive that leaves the organisation needs purge.
Level level_needed(Purpose purpose);

}  // namespace quietus

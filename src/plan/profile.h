#pragma once
// Own techniques from TOML: the text in, a technique out. Reads no file.

#include <string>
#include <string_view>

#include "base/result.h"
#include "plan/technique.h"

namespace quietus {

/// Room for the patterns below as hex digits, and as much again for the rest.
inline constexpr std::size_t kProfileSizeMax = 64 * 1024;
/// Bytes of all patterns together, rounds written out: plan, journal and record name each in full.
inline constexpr std::size_t kProfilePatternBytesMax = 16 * 1024;

struct Profile {
    Technique technique;
    bool reads_nothing_back{false};  ///< verify = "none": --verify none, unless --verify is given.
    friend bool operator==(const Profile&, const Profile&) = default;
};

/// quietus-profile(5). `file` names the text in messages: "FILE:LINE: what". Anything that is not
/// exactly a profile is bad_evidence with the way out as hint.
Result<Profile> parse_profile(std::string_view text, const std::string& file);

}  // namespace quietus

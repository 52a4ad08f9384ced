#pragma once
// JSON as evidence uses it: keys sorted, integers and strings only, one line. nlohmann-json does
// the work; this is where its traps are closed (duplicate keys, floats, non-UTF-8, trailing bytes).

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/result.h"

namespace quietus {

using Json = nlohmann::json;  // std::map inside: keys come out sorted

/// Nesting deeper than this is nobody's record; it only serves to exhaust a parser's stack.
inline constexpr int kJsonDepthMax = 32;

/// Parses exactly one value. Refuses (bad_evidence) duplicate keys, floating point, non-ASCII keys,
/// nesting beyond kJsonDepthMax and anything after the value.
Result<Json> parse_json(std::string_view text);

/// One line, sorted keys, no spaces: the bytes we sign. Aborts (QUIETUS_CHECK) on a float or on
/// non-UTF-8, because whoever built the value had to make strings printable first.
std::string canonical_json(const Json& value);

/// Integers from 2^53 on are strings in our formats (RFC 8785 readers would round them).
Json json_integer(std::uint64_t value);
/// The inverse: a number, or a string of decimal digits; else bad_evidence naming `what`.
Result<std::uint64_t> integer_from(const Json& value, std::string_view what);

/// The member `key` of an object as a string, an unsigned integer, …; bad_evidence where it is
/// missing or of another type. Never throws.
Result<std::string> string_member(const Json& object, const std::string& key);
Result<std::uint64_t> integer_member(const Json& object, const std::string& key);
Result<bool> bool_member(const Json& object, const std::string& key);
Result<Json> member(const Json& object, const std::string& key);

}  // namespace quietus

#pragma once
// What a person is shown of a text that somebody else wrote: nothing in it may reorder, hide or
// overprint what stands beside it.

#include <string>
#include <string_view>

namespace quietus::certs {

/// Longer texts than this are cut in the middle, and say so: the record has all of them.
inline constexpr std::size_t kShownCharactersMax = 600;

/// Well-formed UTF-8 without control characters. What is invisible, reorders text (bidirectional
/// controls), or is the third and further combining mark on one letter is spelt out as "<U+202E>";
/// bytes that are not UTF-8 become "\xNN".
std::string safe_text(std::string_view raw);

/// The first characters of a safe text, and "..." where there are more than `most`.
std::string shortened(const std::string& safe, std::size_t most);

/// safe_text with &, <, >, " and ' as HTML entities: fit for text and for quoted attributes.
std::string html_text(std::string_view raw);

}  // namespace quietus::certs

#pragma once
// All that QPDF is asked for, in words of the standard library alone: QPDF 11's headers are no
// C++20 to clang 14, so qpdf_file.cpp is C++17, and so must this header be. Nothing QPDF throws
// leaves that file.

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace quietus::certs {

struct QpdfRequest {
    std::string_view drawn;                    ///< A PDF of pages.
    std::string title, author;                 ///< UTF-8; the author may be empty.
    std::string created;                       ///< "D:20261122020803+00'00'"
    std::map<std::string, std::string> files;  ///< To be attached: name → bytes.
    std::string signed_at;                     ///< As `created`; empty: no signature field.
    std::size_t reserve{0};                    ///< Bytes kept free for the signature.
};

/// The file, with blanks where the signature's numbers and digits go; nothing, and `why`, where
/// QPDF cannot make it.
std::optional<std::string> write_with_qpdf(const QpdfRequest& request, std::string& why);

struct QpdfInside {
    std::map<std::string, std::string> files;  ///< What is attached.
    std::string contents;  ///< Of the one certifying signature; empty where there is not one alone.
};

/// What a PDF reader finds in the file; nothing, and `why`, where it is not without fault.
std::optional<QpdfInside> read_with_qpdf(std::string_view bytes, std::string& why);

}  // namespace quietus::certs

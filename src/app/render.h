#pragma once
// `quietus certificate render`: evidence folders, checked first, as documents for people.

#include <optional>
#include <string>
#include <vector>

#include "app/certificate.h"

namespace quietus::app {

enum class RenderFormat { pdf, html, batch, label };

/// `usage` where the word is none of them.
Result<RenderFormat> parse_render_format(const std::string& word);
/// Is it a PDF, which has to be signed and does not belong on a terminal?
bool is_pdf(RenderFormat format);

struct RenderRequest {
    std::vector<std::string>
        folders;  ///< Paths, ids or serial numbers, as find_evidence takes them.
    RenderFormat format{RenderFormat::pdf};
    std::string output;  ///< Empty: the caller hands the document on.
    TrustFlags trust;
    Settings settings;
};

struct Rendered {
    /// The first folder that is not authentic, with the report on it: nothing was rendered then.
    std::string refused_folder;
    std::optional<certs::Report> refused;
    std::string document;
    std::string signer;  ///< Hex SHA-256 of the certificate that signed the PDF; empty for HTML.
    bool made_key{false};
    /// Statements about the records that are not authentic, and why.
    std::vector<std::string> not_counted;
};

/// Verifies every folder, renders them in the order given and, for a PDF, signs and verifies what
/// was rendered. With `output` the file is made, whole or not at all; `usage` where it is there
/// already, or would be in one of the folders, which holds only what its record lists.
Result<Rendered> render_certificates(const RenderRequest& request, const Clock& clock);

}  // namespace quietus::app

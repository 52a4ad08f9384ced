#include "certs/render/pdf_assemble.h"

#include "base/bytes.h"
#include "certs/render/pades.h"
#include "certs/render/pdf_form.h"
#include "certs/render/qpdf_file.h"

namespace quietus::certs {

namespace {

// ISO 32000-1 §7.9.4
std::string pdf_date(UtcTime time) {
    const std::string compact = to_compact(time);  // 20261122T020803Z
    return "D:" + compact.substr(0, 8) + compact.substr(9, 6) + "+00'00'";
}

Result<std::string> build(const PdfParts& parts, const SigningKey* key, UtcTime now) {
    QpdfRequest request{.drawn = parts.drawn,
                        .title = parts.title,
                        .author = parts.author,
                        .created = pdf_date(parts.created),
                        .files = parts.attachments,
                        .signed_at = {},
                        .reserve = kContentsReserve};
    if (key != nullptr) {
        request.files[std::string{kChainAttachment}] = key->chain_pem();
        request.signed_at = pdf_date(now);
    }
    std::string why;
    auto pdf = write_with_qpdf(request, why);
    if (!pdf) return failure(ErrorCode::internal, "writing the PDF: " + printable_text(why));
    return std::move(*pdf);
}

std::size_t only_place_of(const std::string& pdf, const std::string& what) {
    const std::size_t at = pdf.find(what);
    return at != std::string::npos && pdf.find(what, at + 1) == std::string::npos
               ? at
               : std::string::npos;
}

// After this not one byte may be touched.
Result<std::string> fill_signature(std::string pdf, const SigningKey& key) {
    const std::string zeros(2 * kContentsReserve, '0');
    const std::size_t range = only_place_of(pdf, std::string{kByteRangeBlank});
    const std::size_t contents = only_place_of(pdf, std::string{kContentsKey} + zeros + ">");
    if (range == std::string::npos || contents == std::string::npos)
        return failure(ErrorCode::internal, "writing the PDF: no one place for its signature");
    const std::size_t open = contents + kContentsKey.size() - 1;  // of '<'
    const std::size_t after = open + zeros.size() + 2;            // behind '>'
    std::string numbers = std::string{kByteRangeKey} + " [ 0 " + std::to_string(open) + " " +
                          std::to_string(after) + " " + std::to_string(pdf.size() - after) + " ]";
    QUIETUS_CHECK(numbers.size() <= kByteRangeBlank.size());
    numbers.resize(kByteRangeBlank.size(), ' ');
    pdf.replace(range, numbers.size(), numbers);
    const std::string signature =
        QUIETUS_TRY(sign_pades(key, pdf.substr(0, open) + pdf.substr(after)));
    if (signature.size() > kContentsReserve)
        return failure(ErrorCode::config,
                       "the signature with its certificates is too large for a PDF",
                       "use a certificate chain of fewer or smaller certificates");
    const std::string hex = to_hex(bytes_of(signature));
    pdf.replace(open + 1, hex.size(), hex);
    return pdf;
}

}  // namespace

Result<std::string> assemble_pdf(const PdfParts& parts, const SigningKey* key, UtcTime now) {
    std::string pdf = QUIETUS_TRY(build(parts, key, now));
    if (key == nullptr) return pdf;
    return fill_signature(std::move(pdf), *key);
}

}  // namespace quietus::certs

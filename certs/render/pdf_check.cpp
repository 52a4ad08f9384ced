// Bytes first: until the signature holds over all of the file, no PDF reader touches it. QPDF then
// tells what a reader would find.

#include "certs/render/pdf_check.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/bytes.h"
#include "certs/der.h"
#include "certs/render/pdf_form.h"
#include "certs/render/qpdf_file.h"

namespace quietus::certs {

namespace {

tl::unexpected<Error> refuse(std::string why) {
    return failure(ErrorCode::not_authentic, "PDF: " + std::move(why));
}

// What is signed lies before and behind the signature's hex digits with their brackets.
struct Ranges {
    std::size_t open{0};   ///< Of '<'.
    std::size_t after{0};  ///< Behind '>'.
};

bool stands_once(std::string_view text, std::string_view what) {
    const std::size_t at = text.find(what);
    return at != std::string_view::npos && text.find(what, at + 1) == std::string_view::npos;
}

std::optional<std::size_t> take_number(std::string_view& text) {
    std::size_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc{} || end == text.data()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with(' ')) return std::nullopt;
    text.remove_prefix(1);
    return number;
}

// "/ByteRange [ 0 a b c ]" and blanks, as long as the blank form: the spelling we write.
Result<Ranges> read_ranges(std::string_view pdf) {
    if (!stands_once(pdf, kByteRangeKey)) return refuse("not exactly one signature");
    std::string_view text = pdf.substr(pdf.find(kByteRangeKey), kByteRangeBlank.size());
    constexpr std::string_view kHead = "/ByteRange [ ";
    if (!text.starts_with(kHead)) return refuse("its byte range is not spelt as ours");
    text.remove_prefix(kHead.size());
    const auto zero = take_number(text), first = take_number(text), second = take_number(text),
               rest = take_number(text);
    if (!zero || !first || !second || !rest || *zero != 0 || !text.starts_with(']') ||
        text.find_first_not_of(' ', 1) != std::string_view::npos)
        return refuse("its byte range is not spelt as ours");
    if (*second > pdf.size() || pdf.size() - *second != *rest || *first >= *second ||
        *second - *first != 2 * kContentsReserve + 2)
        return refuse("its signature does not cover the whole file");
    return Ranges{*first, *second};
}

// Lower-case digits of one DER value, then nothing but zeros.
Result<std::string> read_contents(std::string_view pdf, const Ranges& ranges) {
    const std::size_t key = kContentsKey.size() - 1;
    if (ranges.open < key || pdf.substr(ranges.open - key, key + 1) != kContentsKey ||
        pdf[ranges.after - 1] != '>')
        return refuse("its signature is not where it should be");
    const std::string_view hex = pdf.substr(ranges.open + 1, 2 * kContentsReserve);
    if (hex.find_first_not_of("0123456789abcdef") != std::string_view::npos)
        return refuse("its signature is not spelt as ours");
    const std::string bytes = text_of(QUIETUS_TRY(from_hex(hex)));
    DerReader reader{bytes};
    const auto whole = reader.next(kDerSequence);
    if (!whole) return refuse("its signature is not DER");
    const std::size_t size = whole->whole.size();
    if (bytes.find_first_not_of('\0', size) != std::string::npos)
        return refuse("something is hidden behind its signature");
    return bytes.substr(0, size);
}

// Every later revision ends with another of these.
Result<void> check_one_revision(std::string_view pdf) {
    if (!pdf.starts_with("%PDF-1.")) return refuse("not a PDF of ours");
    if (!stands_once(pdf, kEndOfFile) || !stands_once(pdf, "startxref") ||
        !pdf.ends_with(std::string{kEndOfFile} + "\n"))
        return refuse("it has more than one revision, or something follows it");
    return {};
}

// The signature does not cover the certificates inside it; it covers the attached chain.
Result<void> check_chain(const Signer& signer, const std::string& chain_pem) {
    const std::vector<std::string> chain = certificates_of(chain_pem);
    const auto& inside = signer.certificates;
    for (auto at = inside.begin(); at != inside.end(); ++at) {
        if (std::find(chain.begin(), chain.end(), *at) == chain.end() ||
            std::find(inside.begin(), at, *at) != at)
            return refuse("a certificate inside its signature is not of the attached chain");
    }
    return {};
}

}  // namespace

Result<Signer> verify_pdf(std::string_view pdf, const std::map<std::string, std::string>& records,
                          const Trust& trust, UtcTime now) {
    if (pdf.size() > kPdfSizeMax) return refuse("it is too long to be one of ours");
    const Ranges ranges = QUIETUS_TRY(read_ranges(pdf));
    const std::string contents = QUIETUS_TRY(read_contents(pdf, ranges));
    QUIETUS_TRY(check_one_revision(pdf));
    const std::string covered =
        std::string{pdf.substr(0, ranges.open)} + std::string{pdf.substr(ranges.after)};
    const Signer signer =
        QUIETUS_TRY_CONTEXT(verify_detached(contents, covered, trust, now), "PDF");
    // From here on the file is as its signer left it.
    std::string why;
    auto read = read_with_qpdf(pdf, why);
    if (!read) return refuse(printable_text(why));
    QpdfInside& inside = *read;
    if (inside.contents.size() != kContentsReserve || !inside.contents.starts_with(contents))
        return refuse("its form names another signature");
    const auto chain = inside.files.find(std::string{kChainAttachment});
    if (chain == inside.files.end()) return refuse("its signer's certificates are not attached");
    QUIETUS_TRY(check_chain(signer, chain->second));
    inside.files.erase(chain);
    if (inside.files != records) return refuse("its attachments are not these records");
    return signer;
}

void check_rendering(Report& report, std::string_view pdf, const Trust& trust, UtcTime now) {
    if (!report.authentic) return;
    // Authentic records are canonical, so these are the stored bytes.
    const std::map<std::string, std::string> records{
        {stem_of(report) + ".json", canonical_json(report.record)}};
    const auto signer = verify_pdf(pdf, records, trust, now);
    report.authentic = signer.has_value();
    report.findings.push_back(
        {signer.has_value(), signer ? "PDF: the whole of it is signed, by " + signer->subject +
                                          ", and this record is attached to it"
                                    : printable_text(signer.error().message)});
}

}  // namespace quietus::certs

// QPDF throws; nothing it throws leaves this file.

#include "certs/render/pdf_assemble.h"

#include <exception>
#include <qpdf/Buffer.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFEFStreamObjectHelper.hh>
#include <qpdf/QPDFEmbeddedFileDocumentHelper.hh>
#include <qpdf/QPDFFileSpecObjectHelper.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFWriter.hh>
#include <qpdf/QUtil.hh>

#include "base/bytes.h"
#include "certs/render/pades.h"
#include "certs/render/pdf_form.h"

namespace quietus::certs {

namespace {

using Object = QPDFObjectHandle;

// ISO 32000-1 §7.9.4
std::string pdf_date(UtcTime time) {
    const std::string compact = to_compact(time);  // 20261122T020803Z
    return "D:" + compact.substr(0, 8) + compact.substr(9, 6) + "+00'00'";
}

void attach(QPDF& pdf, const PdfParts& parts, const std::map<std::string, std::string>& files) {
    QPDFEmbeddedFileDocumentHelper embedded{pdf};
    Object associated = Object::newArray();
    for (const auto& [name, bytes] : files) {
        const bool json = name.ends_with(".json");
        auto stream = QPDFEFStreamObjectHelper::createEFStream(pdf, bytes);
        stream.setSubtype(json ? "application/json" : "application/x-pem-file");
        stream.setCreationDate(pdf_date(parts.created)).setModDate(pdf_date(parts.created));
        auto file = QPDFFileSpecObjectHelper::createFileSpec(pdf, name, stream);
        file.setDescription(json ? "The authoritative record"
                                 : "Certificates of the signer of this file");
        // ISO 32000-2 §14.13: what this document was made from, and what goes with it.
        file.getObjectHandle().replaceKey("/AFRelationship",
                                          Object::newName(json ? "/Source" : "/Supplement"));
        embedded.replaceEmbeddedFile(name, file);
        associated.appendItem(file.getObjectHandle());
    }
    pdf.getRoot().replaceKey("/AF", associated);
}

// In UTF-16 also where ASCII would do: a text must not look like a part of the file's own syntax
// ("/ByteRange"), which is looked for byte by byte.
Object text_string(const std::string& utf8) {
    return Object::newString(QUtil::utf8_to_utf16(utf8));
}

void describe(QPDF& pdf, const PdfParts& parts) {
    Object info = Object::newDictionary();
    info.replaceKey("/Title", text_string(parts.title));
    if (!parts.author.empty()) info.replaceKey("/Author", text_string(parts.author));
    info.replaceKey("/Creator", Object::newString("quietus"));
    info.replaceKey("/CreationDate", Object::newString(pdf_date(parts.created)));
    pdf.getTrailer().replaceKey("/Info", pdf.makeIndirectObject(info));
    pdf.getRoot().replaceKey("/Lang", Object::newString("en"));
    pdf.getRoot().replaceKey("/ViewerPreferences", Object::parse("<< /DisplayDocTitle true >>"));
}

// ISO 32000-1 §12.8: a certifying signature, after which no change is permitted (P 1), in an
// invisible field. Its numbers and contents are filled in when the file is written.
void add_signature_field(QPDF& pdf, UtcTime now) {
    Object signature = Object::parse(
        "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached"
        " /ByteRange [0 9999999999 9999999999 9999999999]"
        " /Reference [ << /Type /SigRef /TransformMethod /DocMDP"
        " /TransformParams << /Type /TransformParams /P 1 /V /1.2 >> >> ] >>");
    signature.replaceKey("/Contents", Object::newString(std::string(kContentsReserve, '\0')));
    signature.replaceKey("/M", Object::newString(pdf_date(now)));
    signature.replaceKey("/Reason", Object::newString("Rendering of the attached records"));
    signature = pdf.makeIndirectObject(signature);
    Object permissions = Object::newDictionary();
    permissions.replaceKey("/DocMDP", signature);
    pdf.getRoot().replaceKey("/Perms", permissions);

    Object page = QPDFPageDocumentHelper{pdf}.getAllPages().at(0).getObjectHandle();
    Object field = Object::parse(
        "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /F 132 /Rect [0 0 0 0] >>");
    field.replaceKey("/V", signature);
    field.replaceKey("/P", page);
    field = pdf.makeIndirectObject(field);
    page.replaceKey("/Annots", Object::newArray({field}));
    Object form = Object::parse("<< /SigFlags 3 >>");
    form.replaceKey("/Fields", Object::newArray({field}));
    pdf.getRoot().replaceKey("/AcroForm", pdf.makeIndirectObject(form));
}

std::string written(QPDF& pdf) {
    QPDFWriter writer{pdf};
    writer.setOutputMemory();
    writer.setObjectStreamMode(qpdf_o_disable);
    writer.setMinimumPDFVersion("1.7");
    writer.setNewlineBeforeEndstream(true);
    writer.setDeterministicID(true);
    writer.setStreamDataMode(qpdf_s_compress);
    writer.write();
    const auto buffer = writer.getBufferSharedPointer();
    const unsigned char* data = buffer->getBuffer();
    return {data, data + buffer->getSize()};
}

Result<std::string> build(const PdfParts& parts, const SigningKey* key, UtcTime now) {
    try {
        QPDF pdf;
        pdf.setSuppressWarnings(true);
        pdf.processMemoryFile("pages", parts.drawn.data(), parts.drawn.size());
        auto files = parts.attachments;
        if (key != nullptr) files[std::string{kChainAttachment}] = key->chain_pem();
        attach(pdf, parts, files);
        describe(pdf, parts);
        if (key != nullptr) add_signature_field(pdf, now);
        return written(pdf);
    } catch (const std::exception& fault) {
        return failure(ErrorCode::internal, "writing the PDF: " + printable_text(fault.what()));
    }
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

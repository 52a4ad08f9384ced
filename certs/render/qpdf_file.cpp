#include "certs/render/qpdf_file.h"

#include <exception>
#include <qpdf/Buffer.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFEFStreamObjectHelper.hh>
#include <qpdf/QPDFEmbeddedFileDocumentHelper.hh>
#include <qpdf/QPDFFileSpecObjectHelper.hh>
#include <qpdf/QPDFPageDocumentHelper.hh>
#include <qpdf/QPDFWriter.hh>
#include <qpdf/QUtil.hh>

namespace quietus::certs {

namespace {

using Object = QPDFObjectHandle;

void attach(QPDF& pdf, const QpdfRequest& parts) {
    QPDFEmbeddedFileDocumentHelper embedded{pdf};
    Object associated = Object::newArray();
    for (const auto& [name, bytes] : parts.files) {
        const bool json = name.size() > 5 && name.compare(name.size() - 5, 5, ".json") == 0;
        auto stream = QPDFEFStreamObjectHelper::createEFStream(pdf, bytes);
        stream.setSubtype(json ? "application/json" : "application/x-pem-file");
        stream.setCreationDate(parts.created).setModDate(parts.created);
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

void describe(QPDF& pdf, const QpdfRequest& parts) {
    Object info = Object::newDictionary();
    info.replaceKey("/Title", text_string(parts.title));
    if (!parts.author.empty()) info.replaceKey("/Author", text_string(parts.author));
    info.replaceKey("/Creator", Object::newString("quietus"));
    info.replaceKey("/CreationDate", Object::newString(parts.created));
    pdf.getTrailer().replaceKey("/Info", pdf.makeIndirectObject(info));
    pdf.getRoot().replaceKey("/Lang", Object::newString("en"));
    pdf.getRoot().replaceKey("/ViewerPreferences", Object::parse("<< /DisplayDocTitle true >>"));
}

// ISO 32000-1 §12.8: a certifying signature, after which no change is permitted (P 1), in an
// invisible field. Its numbers and contents are filled in when the file is written.
void add_signature_field(QPDF& pdf, const QpdfRequest& parts) {
    Object signature = Object::parse(
        "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached"
        " /ByteRange [0 9999999999 9999999999 9999999999]"
        " /Reference [ << /Type /SigRef /TransformMethod /DocMDP"
        " /TransformParams << /Type /TransformParams /P 1 /V /1.2 >> >> ] >>");
    signature.replaceKey("/Contents", Object::newString(std::string(parts.reserve, '\0')));
    signature.replaceKey("/M", Object::newString(parts.signed_at));
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

std::map<std::string, std::string> attachments_of(QPDF& pdf) {
    std::map<std::string, std::string> files;
    for (const auto& [name, file] : QPDFEmbeddedFileDocumentHelper{pdf}.getEmbeddedFiles()) {
        Object stream = file->getEmbeddedFileStream();
        const auto data = stream.getStreamData(qpdf_dl_all);
        files[name] = std::string{data->getBuffer(), data->getBuffer() + data->getSize()};
    }
    return files;
}

// A PDF reader must take one signature for the document's, the certifying one, and no other.
std::string contents_of(QPDF& pdf) {
    Object fields = pdf.getRoot().getKey("/AcroForm").getKey("/Fields");
    if (!fields.isArray() || fields.getArrayNItems() != 1) return {};
    Object value = fields.getArrayItem(0).getKey("/V");
    Object permitted = pdf.getRoot().getKey("/Perms").getKey("/DocMDP");
    if (!value.isDictionary() || value.getObjGen() != permitted.getObjGen()) return {};
    if (!value.getKey("/SubFilter").isNameAndEquals("/ETSI.CAdES.detached")) return {};
    return value.getKey("/Contents").getStringValue();
}

}  // namespace

std::optional<std::string> write_with_qpdf(const QpdfRequest& request, std::string& why) {
    try {
        QPDF pdf;
        pdf.setSuppressWarnings(true);
        pdf.processMemoryFile("pages", request.drawn.data(), request.drawn.size());
        attach(pdf, request);
        describe(pdf, request);
        if (!request.signed_at.empty()) add_signature_field(pdf, request);
        return written(pdf);
    } catch (const std::exception& fault) {
        why = fault.what();
        return std::nullopt;
    }
}

std::optional<QpdfInside> read_with_qpdf(std::string_view bytes, std::string& why) {
    try {
        QPDF pdf;
        pdf.setSuppressWarnings(true);
        pdf.setAttemptRecovery(false);
        pdf.processMemoryFile("pdf", bytes.data(), bytes.size());
        QpdfInside inside{attachments_of(pdf), contents_of(pdf)};
        if (!pdf.anyWarnings()) return inside;
        why = "a PDF reader finds faults in it";
    } catch (const std::exception& fault) {
        why = std::string{"a PDF reader cannot read it: "} + fault.what();
    }
    return std::nullopt;
}

}  // namespace quietus::certs

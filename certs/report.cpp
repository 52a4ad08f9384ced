// What the verifier found, for people and for programs.

#include "base/bytes.h"
#include "certs/statement.h"
#include "certs/verify.h"

namespace quietus::certs {

namespace {

constexpr std::size_t kRangesShown = 20;

std::string string_in(const Json& object, const char* key) {
    const auto value = string_member(object, key);
    return value ? printable_text(*value) : std::string{};
}

std::string number_in(const Json& object, const char* key) {
    const auto value = integer_member(object, key);
    return value ? std::to_string(*value) : "?";
}

std::string headline(const Report& report) {
    if (report.authentic && is_statement_type(report.type))
        return "AUTHENTIC STATEMENT (" + report.type + "): not a certificate of sanitization";
    const ExitStatus status = report.status();
    if (status == ExitStatus::ok) return "AUTHENTIC CERTIFICATE OF SANITIZATION";
    if (status == ExitStatus::exceptions)
        return "AUTHENTIC RECORD OF AN ERASURE WITH EXCEPTIONS: not a certificate";
    if (status == ExitStatus::not_erased)
        return "AUTHENTIC RECORD OF A FAILED ERASURE: not a certificate";
    return "NOT AUTHENTIC";
}

// "[4096, 8] [8192, 16]": what a person needs to find them again.
std::string ranges_text(const Json& part, const char* key) {
    const auto list = member(part, key);
    if (!list || !list->is_array()) return {};
    std::string text;
    std::size_t shown = 0;
    for (const Json& range : *list) {
        if (shown++ == kRangesShown)
            return text + " and " + std::to_string(list->size() - kRangesShown) + " more";
        text += (text.empty() ? "" : " ") + printable_text(canonical_json(range));
    }
    return text;
}

void add_ranges(std::string& text, const std::string& what, const Json& part, const char* bytes,
                const char* ranges) {
    const std::string list = ranges_text(part, ranges);
    if (list.empty()) return;
    text += "  " + what + ": " + number_in(part, bytes) + " bytes, [first sector, count]: " + list +
            "\n";
}

// Everything that keeps an erasure from being whole, with its ranges.
std::string what_is_left(const Json& record) {
    const Json& seen = record["verification"];
    std::string text;
    add_ranges(text, "not written", record["sanitization"], "unwritten_bytes", "unwritten");
    add_ranges(text, "reads as something else", seen, "mismatched_bytes", "mismatched");
    add_ranges(text, "not readable", seen, "unreadable_bytes", "unreadable");
    if (const std::string lost = number_in(record["drive"], "unaddressable_bytes"); lost != "0")
        text += "  not addressable: " + lost + " bytes at the end of the drive\n";
    for (const Json& part : seen["not_verified"])
        text += "  not verified: " + string_in(part, "what") + ": " + string_in(part, "why") + "\n";
    return text;
}

std::string limits_text(const Json& record) {
    std::string text = "limits:\n";
    for (const Json& limit : record["limits"]) {
        if (const auto* sentence = limit.get_ptr<const std::string*>())
            text += "  " + printable_text(*sentence) + "\n";
    }
    return text;
}

std::string statement_meaning(const Report& report) {
    std::string text = "drive: " + (report.model.empty() ? "model not known" : report.model) +
                       ", serial " + report.serial + "\n";
    text += "states: " + sentence_of(report.record) + "\n";
    for (const Json& document : report.record["previous"])
        text += "about: " + string_in(document, "kind") + " " + string_in(document, "record_id") +
                ", SHA-256 " + string_in(document, "sha256") + "\n";
    return text + limits_text(report.record);
}

std::string meaning(const Report& report) {
    if (is_statement_type(report.type)) return statement_meaning(report);
    const Json& record = report.record;
    const Json& seen = record["verification"];
    std::string text = "drive: " + report.model + ", serial " +
                       (report.serial.empty() ? "not known" : report.serial) + ", " +
                       number_in(record["drive"], "size_bytes") + " bytes\n";
    text += "verdict: " + to_string(*report.verdict) +
            ", method achieved: " + string_in(record["sanitization"], "method_achieved") + "\n";
    text += "verification: " + string_in(seen, "class") + ", " + number_in(seen, "covered_bytes") +
            " of " + number_in(seen, "total_bytes") + " bytes read back, outcome " +
            string_in(seen, "outcome") + "\n";
    if (*report.verdict != Verdict::erased) {
        text += "cause: " + string_in(record, "cause") + "\n";
        if (const std::string left = what_is_left(record); !left.empty())
            text += "what is left:\n" + left;
    }
    return text + limits_text(record);
}

}  // namespace

std::string report_text(const Report& report) {
    std::string text = headline(report) + "\n";
    for (const Finding& finding : report.findings)
        text += (finding.good ? "  ok   " : "  BAD  ") + finding.what + "\n";
    if (!report.authentic) return text;
    text += "signed by: " + report.signer_subject + "\n";
    text += "  SHA-256 " + report.signer_fingerprint + "\n";
    for (const FurtherSigner& signer : report.also_signed_by)
        text +=
            std::string{signer.trusted ? "also signed by: " : "also signed, not relied on, by: "} +
            signer.subject + "\n  SHA-256 " + signer.fingerprint + "\n";
    text += "record: " + report.id + ", issued " + string_in(report.record, "issued") + "\n";
    return text + meaning(report);
}

Json report_json(const Report& report) {
    Json findings = Json::array();
    for (const Finding& finding : report.findings)
        findings.push_back({{"good", finding.good}, {"what", finding.what}});
    Json json{{"schema", "quietus/verification-report/1"},
              {"authentic", report.authentic},
              {"findings", findings},
              {"exit", to_int(report.status())}};
    if (!report.authentic) return json;
    json["type"] = report.type;
    if (report.verdict) json["verdict"] = to_string(*report.verdict);
    json["record_sha256"] = report.record_sha256;
    if (!report.stamped_at.empty()) json["stamped_at"] = report.stamped_at;
    json["signer"] = {{"subject", report.signer_subject},
                      {"fingerprint_sha256", report.signer_fingerprint}};
    Json also = Json::array();
    for (const FurtherSigner& signer : report.also_signed_by)
        also.push_back({{"subject", signer.subject},
                        {"fingerprint_sha256", signer.fingerprint},
                        {"trusted", signer.trusted}});
    json["also_signed_by"] = std::move(also);
    json["id"] = report.id;
    json["serial"] = report.serial;
    json["model"] = report.model;
    json["register_id"] = report.register_id;
    json["record"] = report.record;
    return json;
}

}  // namespace quietus::certs

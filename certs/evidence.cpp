#include "certs/evidence.h"

#include <algorithm>

#include "base/bytes.h"
#include "certs/cms.h"
#include "certs/embedded.h"
#include "certs/mapfile.h"
#include "certs/verify.h"

namespace quietus::certs {

namespace {

constexpr std::size_t kSerialInNameMax = 40;  // ATA allows 20, SCSI in practice fewer than 40

// What is safe in a file name on every system the folder may be carried to.
std::string name_part(const std::string& text) {
    std::string part;
    for (const char c : text.substr(0, kSerialInNameMax)) {
        const bool plain =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
        part += plain ? c : '-';
    }
    // A leading dash would read as an option.
    const auto first = part.find_first_not_of('-');
    return first == std::string::npos ? "no-serial" : part.substr(first);
}

// A verdict is made by judge() alone; anything else here would sign a claim that nobody measured.
Result<void> check_verdict(const EraseRecord& record) {
    const Judgement judged = judge(record);
    if (judged.verdict == record.verdict && judged.media_state == record.media_state) return {};
    return failure(ErrorCode::internal, "the record says " + to_string(record.verdict) +
                                            ", its steps say " + to_string(judged.verdict));
}

// Our own signer is pinned: what is checked is that the folder says what it should.
Result<void> check_own_work(const Folder& folder, const IssueContext& context,
                            const SigningKey& key) {
    const Trust own{.roots_pem = {}, .fingerprint = key.fingerprint_sha256()};
    const Report report = verify_folder(folder, own, context.issued, ReceiptRule::not_yet);
    if (report.authentic) return {};
    const std::string why =
        report.findings.empty() ? "nothing was checked" : report.findings.back().what;
    return failure(ErrorCode::evidence_incomplete, "the evidence just made does not verify: " + why,
                   "check the clock and the validity of the signing certificate");
}

}  // namespace

std::string stem_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::erased:
            return "certificate";
        case Verdict::exceptions:
            return "exception-record";
        case Verdict::not_erased:
        case Verdict::unknown:
            return "failure-record";
    }
    return "failure-record";
}

std::string folder_name(const EraseRecord& record) {
    return name_part(printable(record.plan.target.identity.serial)) + "_" +
           to_compact(record.started) + "_" + name_part(record.id.substr(0, 8));
}

Result<Folder> issue(const EraseRecord& record, const IssueContext& context,
                     const SigningKey& key) {
    QUIETUS_TRY(check_verdict(record));
    Folder folder{{"chain.pem", key.chain_pem()}, {"verify.sh", std::string{verify_script()}}};
    if (const std::string map = badmap_of(record); !map.empty()) folder["badmap.mapfile"] = map;
    const std::string stem = stem_of(record.verdict);
    const std::string bytes = record_bytes(record, context, key, folder);
    folder[stem + ".p7s"] = QUIETUS_TRY(sign_detached(key, bytes, context.issued));
    folder[stem + ".json"] = bytes;
    QUIETUS_TRY(check_own_work(folder, context, key));
    return folder;
}

}  // namespace quietus::certs

#include "certs/verify.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "certs/cms.h"
#include "certs/envelope.h"
#include "certs/further_signature.h"
#include "certs/register/register.h"
#include "certs/renewal.h"
#include "certs/revocation.h"
#include "certs/rules.h"
#include "certs/schema.h"
#include "certs/statement.h"
#include "certs/time_stamp.h"

namespace quietus::certs {

namespace {

constexpr const char* kReceiptName = "receipt.json";
constexpr const char* kChainName = "chain.pem";
constexpr std::size_t kRecordSizeMax = 32 * std::size_t{1024} * 1024;  // a million bad ranges
constexpr std::size_t kFilesMax = 64;

// A sentence for the report where the check holds, else why it does not.
using Checked = Result<std::string>;

tl::unexpected<Error> refuse(std::string why, std::string hint = {}) {
    return failure(ErrorCode::not_authentic, std::move(why), std::move(hint));
}

class Inspection {
  public:
    Inspection(const Folder& folder, const Trust& trust, UtcTime now, ReceiptRule rule)
        : folder_{folder}, trust_{trust}, now_{now}, rule_{rule} {}

    // Signature before parsing, digests before the meaning: nothing is believed that is not yet
    // vouched for.
    Report run() {
        using Check = Checked (Inspection::*)();
        constexpr std::array<Check, 13> kChecks{
            &Inspection::check_names,   &Inspection::check_renewals,
            &Inspection::check_stamp,   &Inspection::check_signature,
            &Inspection::check_revoked, &Inspection::check_further_signatures,
            &Inspection::check_form,    &Inspection::check_files,
            &Inspection::check_people,  &Inspection::check_chain,
            &Inspection::check_receipt, &Inspection::check_schema,
            &Inspection::check_content};
        Report report;
        for (const Check check : kChecks) {
            const Checked outcome = (this->*check)();
            report.findings.push_back(
                {outcome.has_value(), outcome ? *outcome : said(outcome.error())});
            if (!outcome) return report;
        }
        fill(report);
        return report;
    }

  private:
    static std::string said(const Error& error) {
        return printable_text(error.message) +
               (error.hint.empty() ? "" : " (" + printable_text(error.hint) + ")");
    }

    Checked check_names() {
        if (folder_.size() > kFilesMax) return refuse("folder: more files than evidence has");
        for (const std::string& stem : document_stems()) {
            if (!folder_.contains(stem + ".json")) continue;
            if (!stem_.empty()) return refuse("folder: more than one record");
            stem_ = stem;
        }
        if (stem_.empty())
            return refuse(
                "folder: no certificate.json, exception-record.json, failure-record.json or "
                "statement in it");
        if (!folder_.contains(stem_ + ".p7s"))
            return refuse("folder: the signature " + stem_ + ".p7s is missing");
        if (record_bytes().size() > kRecordSizeMax) return refuse("folder: the record is too long");
        return "folder: one record, " + stem_ + ".json";
    }

    Checked check_renewals() {
        const Renewed renewed =
            QUIETUS_TRY(quietus::certs::check_renewals(folder_, trust_.tsa_roots_pem, now_));
        as_of_ = renewed.as_of;
        if (renewed.findings.empty()) return "renewals: none";
        std::string text;
        for (const std::string& finding : renewed.findings)
            text += (text.empty() ? "" : "; ") + finding;
        return text;
    }

    // From here on the signature is judged at the time a trusted authority saw it.
    Checked check_stamp() {
        // A renewal shows that the signature was there at its time.
        signed_at_ = {.time = as_of_, .stamped = as_of_.ms != now_.ms};
        const auto stamp = folder_.find(stem_ + ".tsr");
        if (stamp == folder_.end()) return "time stamp: none";
        auto stamped = verify_time_stamp(stamp->second, folder_.at(stem_ + ".p7s"),
                                         trust_.tsa_roots_pem, as_of_);
        if (!stamped)
            return refuse(stamped.error().message,
                          "a renewal made while its authority was valid would hold it up");
        if (!stamped->trusted)
            return "time stamp: " + to_rfc3339(stamped->time) + " by " + stamped->authority +
                   ", not relied on (--tsa-ca names whom to believe)";
        signed_at_ = {.time = stamped->time, .stamped = true};
        return "time stamp: signed before " + to_rfc3339(stamped->time) + ", says " +
               stamped->authority;
    }

    Checked check_revoked() {
        return check_revocation(signer_.chain, trust_.crls_pem, signed_at_, now_);
    }

    Checked check_signature() {
        signer_ = QUIETUS_TRY(
            verify_detached(folder_.at(stem_ + ".p7s"), record_bytes(), trust_, signed_at_.time));
        return "signature: good, CAdES-BES, " + signer_.algorithm + ", by " + signer_.subject;
    }

    Checked check_further_signatures() {
        also_ = QUIETUS_TRY(check_further(folder_, stem_, signer_, trust_, as_of_, now_));
        return further_text(also_);
    }

    Checked check_form() {
        record_ = QUIETUS_TRY_CONTEXT(parse_json(record_bytes()), "record");
        if (canonical_json(record_) != record_bytes())
            return refuse("record: not one line of canonical JSON");
        return "record: canonical JSON";
    }

    // What is beside the record without being listed in it is vouched for by its own signature.
    bool vouches_for_itself(const std::string& name) const {
        return name == stem_ + ".json" || name == stem_ + ".p7s" || name == kReceiptName ||
               name == kPeopleName || name == stem_ + ".tsr" || is_renewal_name(name) ||
               is_further_name(stem_, name);
    }

    Result<void> check_listed(const std::string& name, const std::string& digest) {
        if (vouches_for_itself(name))
            return refuse("files: the record lists " + printable_text(name));
        if (!listed_.insert(name).second)
            return refuse("files: the record lists " + printable_text(name) + " twice");
        const auto file = folder_.find(name);
        if (file == folder_.end()) return refuse("files: " + printable_text(name) + " is missing");
        if (sha256_hex(file->second) != digest)
            return refuse("files: " + printable_text(name) + " is not the file the record lists");
        return {};
    }

    Checked check_files() {
        const Json evidence = QUIETUS_TRY(member(record_, "evidence"));
        const Json files = QUIETUS_TRY(member(evidence, "files"));
        if (!files.is_array() || files.size() > kFilesMax)
            return refuse("files: the record has no list of files");
        for (const Json& file : files) {
            const std::string name = QUIETUS_TRY(string_member(file, "name"));
            const std::string digest = QUIETUS_TRY(string_member(file, "sha256"));
            QUIETUS_TRY(check_listed(name, digest));
        }
        for (const auto& [name, bytes] : folder_) {
            if (!listed_.contains(name) && !vouches_for_itself(name))
                return refuse("files: " + printable_text(name) + " is not listed in the record");
        }
        return "files: " + std::to_string(listed_.size()) + " listed, each as it was, none besides";
    }

    Checked check_people() {
        const auto people = folder_.find(kPeopleName);
        if (people == folder_.end()) return "people: detached";
        QUIETUS_TRY(quietus::certs::check_people(record_, people->second));
        return "people: as the record is bound to them";
    }

    // The signature does not cover the certificates inside it. chain.pem is covered by the record,
    // so they must be of it: then no byte of the signature file is without a check.
    Checked check_chain() {
        if (!listed_.contains(kChainName)) return refuse("chain: the record lists no chain.pem");
        const std::vector<std::string> chain = certificates_of(folder_.at(kChainName));
        const auto& inside = signer_.certificates;
        for (auto at = inside.begin(); at != inside.end(); ++at) {
            if (std::find(chain.begin(), chain.end(), *at) == chain.end() ||
                std::find(inside.begin(), at, *at) != at)
                return refuse("chain: a certificate inside the signature is not of chain.pem");
        }
        return "chain: " + std::to_string(chain.size()) +
               " certificate(s), those inside the signature among them";
    }

    // Clocks differ by a little. What is dated further ahead would count as the latest for ever.
    Result<void> check_not_of_the_future() const {
        constexpr std::int64_t kSlack = 24LL * 3600 * 1000;
        const UtcTime issued =
            QUIETUS_TRY(parse_rfc3339(QUIETUS_TRY(string_member(record_, "issued"))));
        if (issued.ms <= now_.ms + kSlack) return {};
        return refuse("content: issued " + to_rfc3339(issued) + ", which is yet to come",
                      "check the clock");
    }

    // What the signer promised must not be taken away unnoticed.
    Result<void> check_stamp_is_there() const {
        const Json evidence = QUIETUS_TRY(member(record_, "evidence"));
        const Json stamp = QUIETUS_TRY(member(evidence, "time_stamp"));
        if (folder_.contains(stem_ + ".tsr") || !string_member(stamp, "authority")) return {};
        return refuse("time stamp: the record promises one, and it is missing",
                      "quietus resume completes evidence that is owed");
    }

    // A person far from the register may state something; an erase is always registered.
    bool may_be_unregistered() const {
        if (!is_statement_type(stem_)) return false;
        const auto evidence = member(record_, "evidence");
        const auto log = evidence ? member(*evidence, "register") : evidence;
        return log && !string_member(*log, "id");
    }

    Checked check_schema() {
        QUIETUS_TRY(check_record_schema(record_));
        return "schema: " + QUIETUS_TRY(string_member(record_, "schema"));
    }

    Checked check_content() {
        QUIETUS_TRY(check_record_rules(record_, stem_, signer_.fingerprint));
        QUIETUS_TRY(check_not_of_the_future());
        return "content: type, verdict, file name, ranges and coverage agree";
    }

    Checked check_receipt() {
        const auto receipt = folder_.find(kReceiptName);
        if (rule_ != ReceiptRule::not_yet) QUIETUS_TRY(check_stamp_is_there());
        if (receipt == folder_.end() && rule_ == ReceiptRule::not_yet) return "receipt: none yet";
        if (receipt == folder_.end() && !may_be_unregistered()) {
            return refuse("receipt: none, so the record is not shown to be in a register",
                          "the same erase again completes evidence that is owed");
        }
        const Json evidence = QUIETUS_TRY(member(record_, "evidence"));
        const Json log = QUIETUS_TRY(member(evidence, "register"));
        if (receipt == folder_.end()) return "receipt: the statement names no register";
        const std::string origin =
            QUIETUS_TRY_CONTEXT(string_member(log, "id"), "receipt: the record names no register");
        const std::string key = QUIETUS_TRY_CONTEXT(string_member(log, "log_public_key"),
                                                    "receipt: the record names no register");
        const LeafFacts facts = QUIETUS_TRY(leaf_of(record_, folder_, stem_));
        QUIETUS_TRY_CONTEXT(verify_receipt(receipt->second, facts, origin, key), "receipt");
        return "receipt: in the register " + printable_text(origin);
    }

    void fill(Report& report) {
        const auto text = [&](const Json& object, const char* key) {
            const auto value = string_member(object, key);
            return value ? printable_text(*value) : std::string{};
        };
        report.type = text(record_, "type");
        if (const auto verdict = parse_verdict(text(record_, "verdict"))) report.verdict = *verdict;
        report.signer_subject = signer_.subject;
        report.signer_fingerprint = signer_.fingerprint;
        report.signer_key = signer_.key_sha256;
        report.also_signed_by = also_;
        report.id = text(record_, "id");
        report.record_sha256 = sha256_hex(record_bytes());
        report.serial = text(record_["drive"], "serial");
        report.model = text(record_["drive"], "model");
        if (signed_at_.stamped) report.stamped_at = to_rfc3339(signed_at_.time);
        report.register_id = text(record_["evidence"]["register"], "id");
        report.record = std::move(record_);
        report.authentic = true;
    }

    const std::string& record_bytes() const { return folder_.at(stem_ + ".json"); }

    const Folder& folder_;
    const Trust& trust_;
    UtcTime now_;
    ReceiptRule rule_;
    UtcTime as_of_{};  // of the renewals, else now
    SignedAt signed_at_{};
    std::string stem_;
    Signer signer_;
    std::vector<FurtherSigner> also_;
    Json record_;
    std::set<std::string> listed_;
};

}  // namespace

Report verify_folder(const Folder& folder, const Trust& trust, UtcTime now, ReceiptRule receipt) {
    return Inspection{folder, trust, now, receipt}.run();
}

std::string stem_of(const Report& report) {
    return report.verdict ? stem_of(*report.verdict) : report.type;
}

Report not_a_folder(const std::string& why) {
    Report report;
    report.findings.push_back({false, "folder: " + printable_text(why)});
    return report;
}

ExitStatus Report::status() const {
    // A statement's too: authentic as it may be, it is no certificate of an erasure.
    if (!authentic || !verdict) return ExitStatus::no;
    if (type == "sanitization" && *verdict == Verdict::erased) return ExitStatus::ok;
    if (type == "exception-record" && *verdict == Verdict::exceptions)
        return ExitStatus::exceptions;
    if (type == "failure-record" &&
        (*verdict == Verdict::not_erased || *verdict == Verdict::unknown))
        return ExitStatus::not_erased;
    return ExitStatus::no;
}

}  // namespace quietus::certs

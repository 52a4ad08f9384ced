#include "certs/render/page_of_record.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "base/units.h"
#include "base/utc_time.h"
#include "certs/render/page_detail.h"
#include "certs/render/pictures.h"
#include "certs/render/record_view.h"
#include "certs/render/text_safety.h"
#include "certs/statement.h"

namespace quietus::certs {

namespace {

constexpr const char* kNotACertificate = "NOT A CERTIFICATE";

// What is not known to be good is bad.
Standpoint standpoint_of(const std::string& type, const std::string& verdict) {
    if (type == "sanitization" && verdict == "erased") return Standpoint::good;
    if (type == "exception-record" && verdict == "exceptions") return Standpoint::exception;
    // A drive that does not answer is stated, and not erased.
    const bool known = is_statement_type(type) && type != "unresponsive";
    return known && verdict.empty() ? Standpoint::statement : Standpoint::failed;
}

std::string record_name_of(const std::string& type) {
    if (type == "sanitization") return "certificate.json";
    const bool plain =
        !type.empty() && type.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos;
    return plain ? type + ".json" : "record.json";
}

// The title is given, but it cannot promise more than the record.
std::string title_of(Standpoint standpoint, const std::string& type, const Standing& standing) {
    std::string title = safe_text(standing.title);
    const bool claims = title.find("ertificate") != std::string::npos;
    const bool destroyed = standpoint == Standpoint::statement && type == "destruction";
    const bool may_claim =
        destroyed || (standpoint == Standpoint::good && standing.missing.empty());
    if (!title.empty() && (!claims || may_claim)) return title;
    switch (standpoint) {
        case Standpoint::good:
            return "Record of sanitization";
        case Standpoint::exception:
            return "Record of an erasure with exceptions";
        case Standpoint::failed:
            return "Record of a failed erasure";
        case Standpoint::statement:
            break;
    }
    return "Statement of " + type;
}

std::string badge_of(Standpoint standpoint, const std::string& type, const std::string& verdict) {
    switch (standpoint) {
        case Standpoint::good:
            return "ERASED";
        case Standpoint::exception:
            return "ERASED WITH EXCEPTIONS";
        case Standpoint::failed:
            if (type == "unresponsive") return "DRIVE DOES NOT RESPOND";
            return verdict == "unknown" ? "UNKNOWN: TREAT AS NOT ERASED" : "NOT ERASED";
        case Standpoint::statement:
            break;
    }
    return {};
}

// Was the drive told to erase itself?
bool is_by_device(const RecordView& view) {
    return !view["sanitization"]["commands"].list().empty();
}

std::string read_back_sentence(const RecordView& view) {
    const RecordView seen = view["verification"];
    const auto covered = seen["covered_bytes"].number(), total = seen["total_bytes"].number();
    const std::string outcome = seen["outcome"].text();
    if (!seen.has() || outcome == "none" || !covered || !total || *covered == 0)
        return "Nothing was read back.";
    const std::string amount = *covered == *total
                                   ? "All " + bytes_text(*total) + " were"
                                   : bytes_text(*covered) + " of " + bytes_text(*total) + " were";
    const std::string how =
        seen["class"].text() == "sample" ? " read back as a sample" : " read back";
    if (is_by_device(view)) {
        if (outcome == "pass") return amount + how + ", and no planted marker is left.";
        if (outcome == "incomplete")
            return amount + how + "; no planted marker was found, but not all could be read.";
    }
    if (outcome == "pass") return amount + how + ", and all that was read is as written.";
    if (outcome == "incomplete")
        return amount + how + "; what was read is as written, but not all could be read.";
    if (outcome == "fail") return amount + how + ", and the read-back FAILED.";
    return amount + how + "; whether it is as written is not known.";
}

std::string method_sentence(const RecordView& view) {
    const std::string method = view["sanitization"]["method_achieved"].text();
    if (method == "purge") return "Device reports purge technique completed. ";
    if (method == "clear" && is_by_device(view))
        return "Device reports technique completed: method clear. ";
    if (method == "clear") return "Every addressable sector was overwritten: method clear. ";
    return "No sanitization method was achieved. ";
}

std::string lead_of(const RecordView& view) {
    if (is_statement_type(view["type"].text()))
        return "A person states: " + safe_text(sentence_of(*view.json())) + ".";
    std::string lead = method_sentence(view) + read_back_sentence(view);
    if (view["sanitization"]["method_achieved"].text() == "purge")
        lead += " Other areas: device statement only.";
    if (view["cause"].has()) lead += " Cause: " + view["cause"].text() + ".";
    return lead;
}

void add(Section& section, const char* name, std::string value, Setting setting = Setting::text) {
    if (!value.empty()) section.rows.push_back({name, std::move(value), setting});
}

std::string medium_of(const RecordView& drive) {
    const std::string media = drive["media"].text(), transport = drive["transport"].text();
    return media.empty() || transport.empty() ? media + transport : media + ", " + transport;
}

// What stands on the label, and whether it is what the drive says.
std::string label_text(const RecordView& drive) {
    const std::string serial = drive["label_serial"].text_if_had();
    const std::string compared = drive["label_serial_compared"].text_if_had();
    if (serial.empty()) return {};
    if (compared == "agree") return serial + ", as the drive reports";
    if (compared == "differ") return serial + ", which is NOT what the drive reports";
    return serial + ", not compared";
}

Section drive_section(const RecordView& drive) {
    Section section{.title = "Drive", .rows = {}, .sentences = {}};
    add(section, "Model", drive["model"].text());
    const bool has_serial = drive["serial"].has();
    add(section, "Serial number", drive["serial"].text(),
        has_serial ? Setting::identity : Setting::text);
    add(section, "Label", label_text(drive));
    add(section, "WWN", drive["wwn"].text_if_had(), Setting::fixed);
    add(section, "Firmware", drive["firmware"].text_if_had(), Setting::fixed);
    if (const auto size = drive["size_bytes"].number()) add(section, "Size", size_text(*size));
    add(section, "Medium", medium_of(drive));
    add(section, "Asset tag", drive["asset_tag"].text_if_had(), Setting::fixed);
    add(section, "Classification", drive["classification"].text_if_had());
    add(section, "Condition", drive["condition_at_intake"].text_if_had());
    add(section, "Destination", drive["destination"].text_if_had());
    return section;
}

std::string duration_of(const RecordView& work) {
    const auto from = parse_rfc3339(work["started"].text());
    const auto to = parse_rfc3339(work["ended"].text());
    if (!from || !to || *to < *from) return {};
    return " (" + human_duration(static_cast<std::uint64_t>((to->ms - from->ms + 500) / 1000)) +
           ")";
}

Section work_section(const RecordView& view) {
    const RecordView work = view["sanitization"], order = view["order"];
    Section section{.title = "Work", .rows = {}, .sentences = {}};
    if (work.has()) {
        const std::string asked = work["method_requested"].text_if_had();
        add(section, "Method",
            work["method_achieved"].text() + (asked.empty() ? "" : " (asked for: " + asked + ")"));
        const std::size_t passes = work["passes"].list().size();
        add(section, "Technique",
            is_by_device(view) ? work["technique"].text() + ", by the drive itself"
                               : work["technique"].text() + ", " + std::to_string(passes) +
                                     (passes == 1 ? " pass" : " passes"));
        add(section, "Verification",
            view["verification"]["class"].text() + ": " + view["verification"]["outcome"].text());
        add(section, "Began", time_text(work["started"].text()));
        add(section, "Ended", time_text(work["ended"].text()) + duration_of(work));
    }
    add(section, "Site", view["host"]["site"].text_if_had());
    add(section, "Ticket", order["ticket"].text_if_had());
    add(section, "Customer", order["customer"].text_if_had());
    add(section, "Contract", order["contract"].text_if_had());
    return section;
}

// What was not reached, and what was not verified without being named there already.
Section not_reached_section(const RecordView& view) {
    Section section{.title = "Not reached, or not verified", .rows = {}, .sentences = {}};
    std::set<std::string> said;
    const auto tell = [&](const Json& list, const char* heading) {
        for (const Json& part : list) {
            const RecordView item{&part};
            const std::string what = item["what"].text();
            if (what.empty() || !said.insert(what).second) continue;
            section.sentences.push_back(heading + what + ": " + item["why"].text() + ".");
        }
    };
    const auto left = view["sanitization"]["unwritten_bytes"].number();
    if (left && *left != 0 && !is_by_device(view))
        section.sentences.push_back("Not written by every pass: " + size_text(*left) +
                                    ", named range by range in the record.");
    const auto never = view["sanitization"]["never_written_bytes"].number();
    if (never && *never != 0 && is_by_device(view))
        section.sentences.push_back(
            "That the drive erased itself is not proved: old data may be "
            "there still.");
    else if (never && *never != 0)
        section.sentences.push_back("Written by no pass: " + size_text(*never) +
                                    ". Old data may be there still.");
    const auto tail = view["drive"]["unaddressable_bytes"].number();
    if (tail && *tail != 0)
        section.sentences.push_back("Not addressable: the last " + bytes_text(*tail) +
                                    ", less than a sector.");
    tell(view["sanitization"]["not_reached"].list(), "Not reached: ");
    tell(view["verification"]["not_verified"].list(), "Not verified: ");
    if (section.sentences.empty() && view["sanitization"].has())
        section.sentences.emplace_back("The record names nothing here; see the limits below.");
    return section;
}

Section limits_section(const RecordView& view) {
    Section section{.title = "What this record does not prove", .rows = {}, .sentences = {}};
    for (const Json& limit : view["limits"].list()) section.sentences.push_back(value_text(limit));
    if (section.sentences.empty())
        section.sentences.emplace_back(
            "The record states no limits; it proves no more than it says.");
    return section;
}

// Who was named, as people.json has them; where it was taken out, which roles were named.
Section people_section(const RecordView& view, const Json& people) {
    Section section{.title = "People", .rows = {}, .sentences = {}};
    for (const Json& one : RecordView{&people}["people"].list()) {
        const RecordView person{&one};
        std::string text = person["name"].text_if_had();
        for (const char* part : {"title", "organisation", "location", "contact"})
            if (person[part].has()) text += (text.empty() ? "" : ", ") + person[part].text();
        if (text.empty()) text = person["authenticated_by"].text_if_had();
        std::string role = person["role"].text();
        if (!text.empty()) section.rows.push_back({capitalised(std::move(role)), std::move(text)});
    }
    const bool detached = people.is_null() && view["people"]["named"].has();
    if (detached && !view["people"]["named"].list().empty())
        add(section, "Named",
            view["people"]["named"].text() + " (their names were taken out of the evidence)");
    return section;
}

Section signatures_section(const RecordView& view, const Standing& standing,
                           const std::string& notice) {
    Section section{.title = "Signatures", .rows = {}, .sentences = {}};
    const RecordView key = view["signing_key"];
    if (key.has()) {
        add(section, "Record signed by",
            key["subject"].text() + (notice.empty() ? "" : " (" + notice + ")"));
        add(section, "Certificate", key["fingerprint_sha256"].text(), Setting::fixed);
    }
    for (const SignedStatement& one : standing.statements) {
        section.rows.push_back({capitalised(safe_text(one.type)),
                                safe_text(one.sentence) + ". Signed by " + safe_text(one.signer) +
                                    ", " + time_text(one.issued) + ".",
                                Setting::text});
        add(section, "Certificate", safe_text(one.fingerprint), Setting::fixed);
    }
    for (const std::string& what : standing.missing) add(section, "Still missing", safe_text(what));
    return section;
}

}  // namespace

Page page_of_record(const Json& record, const std::string& record_bytes, const Standing& standing,
                    const Json& people) {
    const RecordView view{&record};
    const std::string type = view["type"].text(), verdict = view["verdict"].text_if_had();
    Page page;
    page.standpoint = standpoint_of(type, verdict);
    page.title = title_of(page.standpoint, type, standing);
    page.badge = badge_of(page.standpoint, type, verdict);
    const bool bad =
        page.standpoint == Standpoint::exception || page.standpoint == Standpoint::failed;
    page.stamp = bad ? kNotACertificate : "";
    page.lead = lead_of(view);
    const Json* self_signed = view["signing_key"]["self_signed"].json();
    if (self_signed != nullptr && *self_signed == Json(true))
        page.notice = "self-signed, not independent";
    page.id = view["id"].text();
    page.issued = time_text(view["issued"].text());
    page.issuer = view["issuer"]["organisation"].text_if_had();
    page.serial = view["drive"]["serial"].text();
    page.model = view["drive"]["model"].text();
    page.ticket = view["order"]["ticket"].text_if_had();
    page.drive = drive_section(view["drive"]);
    page.work = work_section(view);
    page.map = area_map_of(record);
    page.speed = speed_of(record);
    page.statement = statement_sections(record);
    page.not_reached = not_reached_section(view);
    page.limits = limits_section(view);
    page.people = people_section(view, people);
    page.signatures = signatures_section(view, standing, page.notice);
    page.detail = detail_sections(record);
    page.record_name = record_name_of(type);
    page.digest = sha256_hex(record_bytes);
    page.authority = "Authoritative is the signed JSON record, " + page.record_name +
                     "; this is a rendering of it for people. Where they differ, the JSON holds.";
    page.qr = "quietus:1:" + page.id + ":sha256:" + page.digest;
    return page;
}

}  // namespace quietus::certs

#include "certs/render/page_detail.h"

#include <algorithm>
#include <array>

#include "base/units.h"
#include "certs/render/record_view.h"
#include "certs/render/text_safety.h"

namespace quietus::certs {

namespace {

// What every record has, and what page_of_record shows in places of its own.
constexpr std::array kPlaced{"schema",
                             "type",
                             "id",
                             "issued",
                             "clock",
                             "issuer",
                             "signing_key",
                             "drive",
                             "sanitization",
                             "verification",
                             "verdict",
                             "media_state",
                             "people",
                             "tool",
                             "limits",
                             "host",
                             "order",
                             "evidence",
                             "cause",
                             "previous",
                             "authorisation",
                             "cryptographic_erase"};

// "particle_size_mm" → "Particle size mm"
std::string words(const std::string& key) {
    std::string text = safe_text(key);
    std::replace(text.begin(), text.end(), '_', ' ');
    return capitalised(std::move(text));
}

Setting setting_of(const std::string& value) {
    const bool word = value.find(' ') == std::string::npos;
    return word && value.size() <= 80 ? Setting::fixed : Setting::text;
}

void add_members(Section& section, const Json& object) {
    for (const auto& [key, value] : object.items()) {
        const std::string text = value_text(value);
        section.rows.push_back({words(key), text, setting_of(text)});
    }
}

void add(Section& section, const char* name, std::string value) {
    if (value.empty()) return;
    const Setting setting = setting_of(value);
    section.rows.push_back({name, std::move(value), setting});
}

std::string step_text(const RecordView& step) {
    std::string text = step["detail"].text() + ": " + step["end"].text();
    if (const auto bytes = step["bytes"].number()) text += ", " + size_text(*bytes);
    if (const auto ms = step["elapsed_ms"].number())
        text += ", " + human_duration((*ms + 500) / 1000);
    if (const auto rate = step["throughput_bytes_per_s"].number())
        text += ", " + human_size({*rate}) + "/s";
    if (step["cause"].has()) text += "; " + step["cause"].text();
    return text;
}

Section steps_section(const RecordView& work) {
    constexpr std::size_t kStepsShown = 80;
    Section section{.title = "Steps", .rows = {}, .sentences = {}};
    for (const Json& one : work["steps"].list()) {
        if (section.rows.size() == kStepsShown) {
            section.sentences.emplace_back("Further steps are in the record.");
            break;
        }
        const RecordView step{&one};
        const auto index = step["index"].number();
        section.rows.push_back({index ? std::to_string(*index + 1) : "", step_text(step)});
    }
    return section;
}

Section basis_section(const RecordView& work) {
    Section section{.title = "Basis", .rows = {}, .sentences = {}};
    for (const Json& one : work["references"].list()) {
        const RecordView reference{&one};
        std::string text = reference["document"].text();
        for (const char* part : {"edition", "status"})
            if (reference[part].has()) text += ", " + reference[part].text();
        section.rows.push_back({"Document", text});
    }
    add(section, "Why not higher", work["why_not_higher"].text());
    add(section, "Policy", work["policy"]["mapping"].text());
    add(section, "Approved by", work["policy"]["approved_by"].text());
    return section;
}

// What is not on page one; what the drive or the kernel does not tell is in the record.
Section drive_detail_section(const RecordView& drive) {
    Section section{.title = "Further about the drive", .rows = {}, .sentences = {}};
    for (const auto& [name, key] :
         {std::pair{"Manufacturer", "manufacturer"}, std::pair{"Form factor", "form_factor"},
          std::pair{"Rotation rate", "rotation_rate"}, std::pair{"Link", "link"},
          std::pair{"Bay", "bay"}, std::pair{"Protection", "protection_information"},
          std::pair{"Locking", "locking"}, std::pair{"Came from", "source"},
          std::pair{"Failure reason", "failure_reason"},
          std::pair{"Vendor statement", "vendor_statement"}})
        add(section, name, drive[key].text_if_had());
    return section;
}

Section order_section(const RecordView& view) {
    Section section{.title = "Order", .rows = {}, .sentences = {}};
    const RecordView order = view["order"], allowed = view["authorisation"];
    for (const char* key : {"retention", "legal_hold", "backed_up", "backup_location"})
        add(section, words(key).c_str(), order[key].text_if_had());
    add(section, "Approval", allowed["approval"].text_if_had());
    if (allowed["approver_is_operator"].text_if_had() == "yes")
        section.sentences.emplace_back("The approver is the operator: nobody else agreed.");
    add(section, "Issuer's address", view["issuer"]["address"].text_if_had());
    add(section, "Issuer's contact", view["issuer"]["contact"].text_if_had());
    return section;
}

Section machine_section(const RecordView& view) {
    Section section{.title = "Machine and program", .rows = {}, .sentences = {}};
    const RecordView host = view["host"], tool = view["tool"];
    add(section, "Host", host["hostname"].text());
    add(section, "System", host["operating_system"].text());
    add(section, "Kernel", host["kernel"].text());
    add(section, "Chassis", host["chassis_serial"].text_if_had());
    add(section, "Image", host["image"].text_if_had());
    add(section, "Secure Boot", host["secure_boot"].text());
    add(section, "Network", host["network"].text());
    const std::size_t registers = host["tpm_pcrs"].list().size();
    add(section, "TPM",
        registers == 0
            ? host["tpm_pcrs"].text()
            : std::to_string(registers) + (registers == 1 ? " PCR value is" : " PCR values are") +
                  " in the record, not quoted");
    add(section, "Device path", view["drive"]["path"].text());
    add(section, "Program", tool["name"].text() + " " + tool["version"].text());
    add(section, "Binary SHA-256", tool["binary_sha256"].text());
    add(section, "Journal SHA-256", view["journal"]["digest"].text());
    add(section, "Register", view["evidence"]["register"]["id"].text());
    return section;
}

Section earlier_section(const RecordView& view) {
    Section section{.title = "Earlier runs on this drive", .rows = {}, .sentences = {}};
    for (const Json& one : view["attempts_before"].list()) {
        const RecordView run{&one};
        section.rows.push_back({time_text(run["started"].text()),
                                run["ended_as"].text() + "; " + run["cause"].text()});
    }
    return section;
}

}  // namespace

std::vector<Section> statement_sections(const Json& record) {
    std::vector<Section> sections;
    if (!record.is_object() || record.contains("sanitization")) return sections;
    Section about{.title = "About", .rows = {}, .sentences = {}};
    for (const Json& one : RecordView{&record}["previous"].list()) {
        const RecordView before{&one};
        about.rows.push_back({capitalised(before["kind"].text()),
                              before["record_id"].text() + ", SHA-256 " + before["sha256"].text(),
                              Setting::fixed});
    }
    if (!about.rows.empty()) sections.push_back(std::move(about));
    Section loose{.title = "Further", .rows = {}, .sentences = {}};
    for (const auto& [key, value] : record.items()) {
        if (std::find(kPlaced.begin(), kPlaced.end(), key) != kPlaced.end()) continue;
        const bool block = value.is_object() && !value.empty() && !value.contains("unavailable");
        if (!block) {
            const std::string text = value_text(value);
            loose.rows.push_back({words(key), text, setting_of(text)});
            continue;
        }
        Section section{.title = words(key), .rows = {}, .sentences = {}};
        add_members(section, value);
        sections.push_back(std::move(section));
    }
    if (!loose.rows.empty()) sections.push_back(std::move(loose));
    return sections;
}

std::vector<Section> detail_sections(const Json& record) {
    const RecordView view{&record};
    std::vector<Section> sections;
    if (!view["sanitization"].has()) return sections;
    for (Section& section :
         std::array{steps_section(view["sanitization"]), basis_section(view["sanitization"]),
                    drive_detail_section(view["drive"]), order_section(view), machine_section(view),
                    earlier_section(view)})
        if (!section.rows.empty() || !section.sentences.empty())
            sections.push_back(std::move(section));
    return sections;
}

}  // namespace quietus::certs

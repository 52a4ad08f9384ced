#include "cli/output.h"

#include <cstdio>

#include "base/bytes.h"

namespace quietus::cli {

void print_line(const std::string& text) {
    static_cast<void>(std::fprintf(stdout, "%s\n", text.c_str()));
    static_cast<void>(std::fflush(stdout));
}

void print_advice(const std::string& text) {
    static_cast<void>(std::fprintf(stderr, "%s\n", text.c_str()));
}

void print_event(const Clock& clock, const std::string& type, Json fields) {
    fields["schema"] = "quietus/event/1";
    fields["type"] = type;
    fields["time"] = to_rfc3339(clock.now());
    print_line(canonical_json(fields));
}

void print_error(const Error& error) {
    print_advice("quietus: error: " + printable_text(error.message));
    if (!error.hint.empty()) print_advice("quietus: hint: " + printable_text(error.hint));
}

void print_objection(const Objection& objection) {
    print_advice("quietus: error: " + printable_text(objection.what) + " [" + objection.rule + "]");
    if (!objection.remedy.empty())
        print_advice("quietus: hint: " + printable_text(objection.remedy));
}

std::string doing_text(const app::Progress& progress) {
    const std::string doing = progress.writing ? "writing" : "reading back";
    switch (progress.role) {
        case PassRole::technique:
            return progress.passes == 1 ? doing
                                        : "pass " + std::to_string(progress.pass) + "/" +
                                              std::to_string(progress.passes) + " " + doing;
        case PassRole::prove:
            return "proof pass " + doing;
        case PassRole::blank:
            return "blank pass " + doing;
    }
    return doing;
}

Json event_fields(const Objection& objection) {
    return {{"rule", objection.rule},
            {"severity", objection.severity == Severity::stop ? "stop" : "needs-consent"},
            {"exit", to_int(objection.status)},
            {"what", printable_text(objection.what)},
            {"remedy", printable_text(objection.remedy)}};
}

Json event_fields(const app::DriveResult& result) {
    Json json{{"device", printable_text(result.path)},
              {"model", result.model},
              {"serial", result.serial},
              {"verdict", result.verdict ? Json(to_string(*result.verdict)) : Json(nullptr)},
              {"media_state", to_string(result.media_state)},
              {"exit", to_int(result.status)},
              {"cause", printable_text(result.cause)},
              {"next_action", printable_text(result.next_action)}};
    json["id"] = result.id.empty() ? Json(nullptr) : Json(result.id);
    json["evidence"] = result.folder.empty() ? Json(nullptr) : Json(printable_text(result.folder));
    return json;
}

}  // namespace quietus::cli

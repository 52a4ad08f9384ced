#include "cli/output.h"

#include <algorithm>
#include <cstdio>

#include "base/bytes.h"

namespace quietus::cli {

void print_line(const std::string& text) {
    static_cast<void>(std::fprintf(stdout, "%s\n", text.c_str()));
    static_cast<void>(std::fflush(stdout));
}

void LiveLines::show(const std::string& text) {
    if (drawn_ > 0) static_cast<void>(std::fprintf(stdout, "\x1b[%zuA\x1b[J", drawn_));
    if (!text.empty()) print_line(text);
    if (!redraw_ || text.empty())
        drawn_ = 0;
    else
        drawn_ = 1 + static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
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

}  // namespace quietus::cli

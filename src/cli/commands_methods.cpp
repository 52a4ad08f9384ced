// methods: the techniques as rows of data, and what stands behind each.

#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/goal_flags.h"
#include "cli/table.h"
#include "plan/json.h"

namespace quietus::cli {

namespace {

constexpr const char* kFootnote =
    "Any pattern of 1 to 4096 bytes: pattern:HEX. More passes never mean a higher level.\n"
    "quietus methods NAME shows the passes, documents and notes of one.";

std::string joined(const std::vector<std::string>& words, const char* between) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
    return text;
}

bool standard_verifies(const Technique& row, std::size_t pass) {
    for (const int verified : row.verified) {
        if (static_cast<std::size_t>(verified) == pass) return true;
    }
    return false;
}

// Members that --json prints and `plan` has too, and the words of other programs.
Json fields_of(const Technique& row) {
    Json fields = to_json(row);
    fields["aliases"] = aliases_of(row.name);
    return fields;
}

std::string passes_text(const Technique& row) {
    if (is_device_technique(row)) {
        std::string text = "the drive itself:";
        for (const DeviceCommand command : row.commands) text += "\n  " + to_string(command);
        return text;
    }
    std::string text = "passes:";
    std::size_t number = 0;
    for (const Pattern& pattern : row.passes) {
        ++number;
        text += "\n  " + std::to_string(number) + ". " + to_string(pattern) +
                (standard_verifies(row, number) ? "  (read back by the document itself)" : "");
    }
    return text;
}

std::string text_of(const Technique& row) {
    std::string text = row.name + ": " + row.title;
    text += "\nlevel: " + to_string(row.level) +
            (is_device_technique(row) ? "" : ", however many passes");
    text += "\nstatus: " + row.status;
    if (!row.profile_sha256.empty()) text += "\nSHA-256 of the file: " + row.profile_sha256;
    if (const auto words = aliases_of(row.name); !words.empty())
        text += "\nin other programs: " + joined(words, ", ");
    text += "\n" + passes_text(row);
    if (!row.note.empty()) text += "\nnote: " + row.note;
    if (!row.references.empty()) text += "\ndocuments:";
    for (const Citation& citation : row.references)
        text += "\n  " + citation.document + " (" + citation.edition + "; " + citation.status +
                "): " + citation.relation;
    return text;
}

// Rows go out one by one; people get them as one table.
void show_table(Context& context) {
    std::vector<TableRow> rows{{"NAME", "PASSES", "LEVEL", "ALIASES", "STATUS"}};
    for (const Technique& row : technique_table()) {
        const std::string words = joined(aliases_of(row.name), " ");
        rows.push_back({row.name, std::to_string(row.passes.size()), to_string(row.level),
                        words.empty() ? "-" : words, row.status});
        if (context.json) context.output.finding("method", fields_of(row), {});
    }
    if (!context.json) context.output.finding("method", {}, table_text(rows) + "\n\n" + kFootnote);
}

ExitStatus run_methods(Context& context, const std::string& name) {
    if (name.empty()) {
        show_table(context);
        return ExitStatus::ok;
    }
    const auto found = technique_named(name);
    if (!found) {
        context.output.error(found.error());
        return exit_status_of(found.error());
    }
    context.output.finding("method", fields_of(found->technique), text_of(found->technique));
    return ExitStatus::ok;
}

}  // namespace

void add_methods(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand(
        "methods", "Show the techniques: passes, documents, standing, other programs' names");
    sub->group(kFurtherCommands);
    auto name = std::make_shared<std::string>();
    sub->add_option("NAME", *name,
                    "A technique, or the file of an own profile: all that is known of it");
    sub->callback([&parser, name] {
        parser.command = "methods";
        parser.chosen = [name](Context& context) { return run_methods(context, *name); };
    });
}

}  // namespace quietus::cli

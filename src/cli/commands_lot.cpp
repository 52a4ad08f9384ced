// second-lot: the drives that a second tool reads back.

#include "app/second_lot.h"
#include "base/bytes.h"
#include "cli/commands.h"
#include "cli/evidence_flags.h"

namespace quietus::cli {

namespace {

std::string line_of(const app::LotDrive& drive) {
    const auto& facts = drive.facts;
    return (facts.serial.empty() ? "(no serial)" : facts.serial) + "  " + facts.id + "  " +
           facts.record_sha256 + (drive.outcome.empty() ? "" : "  " + drive.outcome);
}

ExitStatus run_second_lot(Context& context, const app::LotRequest& request) {
    const auto lot = app::second_lot(context.settings, context.clock, request);
    if (!lot) {
        context.output.error(lot.error());
        return exit_status_of(lot.error());
    }
    bool all_pass = true;
    for (const app::LotDrive& drive : lot->drives) {
        Json fields{{"id", drive.facts.id},
                    {"serial", drive.facts.serial},
                    {"record_sha256", drive.facts.record_sha256}};
        if (!drive.outcome.empty()) fields["outcome"] = drive.outcome;
        all_pass = all_pass && drive.outcome == "pass";
        context.output.finding("drawn", fields, line_of(drive));
    }
    context.output.finding(
        "lot",
        {{"register", lot->register_id},
         {"root", lot->root},
         {"size", json_integer(lot->register_size)},
         {"sanitizations", json_integer(lot->sanitizations)},
         {"drawn", json_integer(lot->drives.size())},
         {"fraction", request.fraction},
         {"nonce", printable_text(request.nonce)}},
        std::to_string(lot->drives.size()) + " of " + std::to_string(lot->sanitizations) +
            " sanitizations drawn; to draw them again: --nonce " + printable_text(request.nonce) +
            " --fraction " + request.fraction + " --size " + std::to_string(lot->register_size));
    return request.check && !all_pass ? ExitStatus::no : ExitStatus::ok;
}

}  // namespace

void add_second_lot(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand("second-lot",
                                              "Draw the sanitizations that a second tool verifies");
    sub->group(kFurtherCommands);
    auto request = std::make_shared<app::LotRequest>();
    sub->add_option("--nonce", request->nonce, "Hex, at least 16 bytes, drawn by the auditor")
        ->required();
    sub->add_option("--fraction", request->fraction, "Share to draw (default: 20%)");
    sub->add_option("--size", request->size,
                    "Entries of the register when the lot was drawn (default: all of now)");
    sub->add_flag("--check", request->check,
                  "Look whether another tool has passed each of them; 1 where not");
    sub->add_option("--out", parser.settings.out,
                    "Folder of the evidence (default: <state-dir>/certificates)");
    add_trust(*sub, request->trust);
    sub->callback([&parser, request] {
        parser.command = "second-lot";
        parser.chosen = [request](Context& context) { return run_second_lot(context, *request); };
    });
}

}  // namespace quietus::cli

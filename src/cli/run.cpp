#include "cli/run.h"

#include <algorithm>
#include <cstring>
#include <unistd.h>

#include "app/facts.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/log.h"
#include "certs/signing_key.h"
#include "cli/commands.h"

namespace quietus::cli {

namespace {

constexpr const char* kFooter =
    "Erasing destroys everything on the drive. Exit statuses, files and examples: man quietus.\n"
    "`quietus help all` shows every command.";

void add_global_flags(Parser& parser) {
    CLI::App& app = parser.app;
    app.add_flag("--json", parser.json, "JSON lines on standard output, nothing else");
    app.add_option("--config", parser.settings.config_file,
                   "Configuration file (default: /etc/quietus/quietus.toml)")
        ->envname("QUIETUS_CONFIG");
    app.add_option("--state-dir", parser.settings.state_dir,
                   "State folder (default: /var/lib/quietus)")
        ->envname("QUIETUS_STATE_DIR");
    app.add_option("--log-level", parser.log_level, "debug, info (default), warning, error or off");
    app.add_flag("--no-color", parser.no_color,
                 "No colours and no redrawn lines (also: NO_COLOR in the environment)");
    app.set_version_flag("--version", app::version_text());
    app.set_help_flag("-h,--help", "Show this help");
    app.footer(kFooter);
}

void describe(Parser& parser) {
    add_global_flags(parser);
    add_list(parser);
    add_plan(parser);
    add_erase(parser);
    add_resume(parser);
    add_status(parser);
    add_stop(parser);
    add_verify(parser);
    add_certificate(parser);
    add_inspect(parser);
    add_methods(parser);
    add_register(parser);
    add_validate(parser);
    add_attest(parser);
    add_second_lot(parser);
    add_key_command(parser);
    add_help(parser);
    parser.app.get_subcommand("inspect")->group(kFurtherCommands);
    parser.app.require_subcommand(1);
    parser.app.fallthrough();
    for (CLI::App* sub : parser.app.get_subcommands([](const CLI::App*) { return true; })) {
        sub->fallthrough();
        for (CLI::App* deeper : sub->get_subcommands([](const CLI::App*) { return true; }))
            deeper->fallthrough();
    }
}

bool asks_for_json(int argc, const char* const* argv) {
    return std::any_of(argv + 1, argv + std::max(argc, 1),
                       [](const char* arg) { return std::strcmp(arg, "--json") == 0; });
}

// What stands behind an option, for when the parser has given up.
std::string value_of(std::string_view option, int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view arg = argv[i];
        if (arg == option && i + 1 < argc) return argv[i + 1];
        if (arg.starts_with(option) && arg.substr(option.size()).starts_with('='))
            return std::string{arg.substr(option.size() + 1)};
    }
    return {};
}

// The parser's complaint as one line of ours; its exceptions stop here. Nothing where argv was
// understood.
std::optional<int> parse(Parser& parser, int argc, const char* const* argv, const Clock& clock) {
    try {
        parser.app.parse(argc, argv);
        return std::nullopt;
    } catch (const CLI::CallForVersion&) {
        print_line(app::version_text());
        return 0;
    } catch (const CLI::Success& asked_for_help) {
        return parser.app.exit(asked_for_help);
    } catch (const CLI::ParseError& fault) {
        // CLI11 asks for a command before it looks at what it did not understand, which would hide
        // a misspelt one.
        const CLI::App* deepest = &parser.app;
        while (!deepest->get_subcommands().empty()) deepest = deepest->get_subcommands().back();
        const bool wants_command = deepest->get_require_subcommand_min() > 0;
        const auto strays = parser.app.remaining(/*recurse=*/true);
        std::string what =
            wants_command && !strays.empty()
                ? (strays.front().starts_with('-') ? "no such option: " : "no command is called ") +
                      strays.front()
                : fault.what();
        std::replace(what.begin(), what.end(), '\n', ' ');
        const Error error{.code = ErrorCode::usage,
                          .message = printable_text(what),
                          .sys_errno = 0,
                          .hint = "quietus --help, or man quietus"};
        const bool json = asks_for_json(argc, argv);
        auto output = json ? make_json_output(clock, "") : make_text_output(clock, false);
        // A document of an earlier call must not be taken for one of this.
        const app::ReportFiles files{.summary = value_of("--summary", argc, argv), .metrics = {}};
        if (files.any()) {
            if (auto reporting = make_reporting_output(clock, "", files, output))
                output = std::move(*reporting);
        }
        output->error(error);
        return output->summary(ExitStatus::usage);
    }
}

}  // namespace

void add_help(Parser& parser) {
    CLI::App* sub = parser.app.add_subcommand("help", "Show help; `help all` shows every command");
    sub->group(kFurtherCommands);
    auto what = std::make_shared<std::string>();
    sub->add_option("WHAT", *what, "all, or the name of a command");
    sub->callback([&parser, what] {
        parser.command = "help";
        parser.chosen = [&parser, what](Context& context) {
            // Not App::help(): it would describe the command that was parsed, which is this one.
            const auto help_of = [&parser](const CLI::App* command, const std::string& name) {
                print_line(parser.app.get_formatter()->make_help(command, name,
                                                                 CLI::AppFormatMode::Normal));
            };
            const auto is_named = [&](const CLI::App* command) {
                return command->get_name() == *what;
            };
            if (what->empty()) {
                help_of(&parser.app, "quietus");
            } else if (*what == "all") {
                for (CLI::App* command :
                     parser.app.get_subcommands([](const CLI::App*) { return true; }))
                    command->group("Subcommands");
                help_of(&parser.app, "quietus");
            } else if (const auto named = parser.app.get_subcommands(is_named); !named.empty()) {
                help_of(named.front(), "quietus " + *what);
            } else {
                context.output.error(
                    {.code = ErrorCode::usage,
                     .message = "no command is called '" + printable_text(*what) + "'",
                     .sys_errno = 0,
                     .hint = "quietus help all"});
                return ExitStatus::usage;
            }
            return ExitStatus::ok;
        };
    });
}

int run(int argc, const char* const* argv, Host& host, const Clock& clock) {
    Parser parser;
    describe(parser);
    if (const auto over = parse(parser, argc, argv, clock)) return *over;
    const bool redraw = isatty(STDERR_FILENO) == 1 && !parser.no_color && !environment("NO_COLOR");
    auto output =
        parser.json ? make_json_output(clock, parser.command) : make_text_output(clock, redraw);
    const auto fail = [&](const Error& error) {
        output->error(error);
        if (parser.refused) parser.refused(*output, error);
        return output->summary(exit_status_of(error));
    };
    if (parser.files.any()) {
        auto reporting = make_reporting_output(clock, parser.command, parser.files, output);
        if (!reporting) return fail(reporting.error());
        output = std::move(*reporting);
    }
    const auto level = log::parse_level(parser.log_level);
    if (!level) return fail(level.error());
    log::start(*level);
    parser.settings.config_named =
        parser.app.count("--config") > 0 || environment("QUIETUS_CONFIG").has_value();
    if (const auto read = app::read_configuration(parser.settings); !read)
        return fail(read.error());
    if (const auto locked = certs::start_secure_memory(); !locked) return fail(locked.error());
    Context context{.host = host,
                    .clock = clock,
                    .output = *output,
                    .settings = parser.settings,
                    .json = parser.json,
                    .no_color = parser.no_color || environment("NO_COLOR")};
    return output->summary(parser.chosen(context));
}

}  // namespace quietus::cli

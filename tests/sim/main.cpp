// quietus_campaign [--seed S] [--cases N] [--case K] [--table]: see docs/lab.md.

#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <unistd.h>

#include "base/log.h"
#include "sim/invariants.h"
#include "sim/table.h"

namespace quietus::sim {
namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a signal handler reads it.
char now_running[4096] = "";

// A broken assumption ends the program: say of which case.
void tell_and_die(int signal) {
    static_cast<void>(!::write(STDERR_FILENO, now_running, std::strlen(now_running)));
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

struct Tally {
    std::uint64_t verdicts[4]{};
    std::uint64_t refused{0}, broken_off{0}, resumed{0}, struck{0};

    void count(const Story& story) {
        for (const Leg& leg : story.legs) {
            refused += leg.objections.empty() ? 0U : 1U;
            broken_off += leg.broke ? 1U : 0U;
            resumed += leg.continues ? 1U : 0U;
        }
        for (std::size_t i = 0; i < story.what.drive.faults.size(); ++i)
            struck += story.strikes(i) > 0 ? 1U : 0U;
        if (story.last().record) ++verdicts[static_cast<std::size_t>(story.last().record->verdict)];
    }
    void print() const {
        std::printf(
            "%llu erased, %llu exceptions, %llu not erased, %llu unknown; %llu refused, "
            "%llu broken off, %llu carried on; %llu faults struck\n",
            number(verdicts[0]), number(verdicts[1]), number(verdicts[2]), number(verdicts[3]),
            number(refused), number(broken_off), number(resumed), number(struck));
    }
    static unsigned long long number(std::uint64_t n) { return n; }
};

std::string reproduction(const Case& what) {
    return "quietus_campaign --seed " + std::to_string(what.seed) + " --case " +
           std::to_string(what.number) + ": " + to_string(what);
}

void tell_story(const Story& story) {
    for (const Leg& leg : story.legs) {
        std::string line = "  run: ";
        for (const Objection& one : leg.objections) line += "refused: " + one.what + "; ";
        for (const SeenStep& step : leg.steps)
            line += to_string(step.outcome.step) + " " +
                    (step.ended ? to_string(step.outcome.end) : "...") +
                    " failed=" + std::to_string(step.outcome.pace.failed_requests) + "; ";
        if (leg.broke) line += "broken off by " + to_string(*leg.broke) + "; ";
        if (leg.record) line += to_string(leg.record->verdict) + ": " + leg.record->cause;
        std::printf("%s\n", line.c_str());
    }
}

/// Returns whether all that must hold of it does.
bool run_one(std::uint64_t seed, std::uint64_t number, bool tell, Tally& tally) {
    const Case what = draw_case(seed, number);
    std::snprintf(now_running, sizeof now_running, "in %s\n", reproduction(what).c_str());
    const Story story = run_case(what);
    const auto broken = broken_invariants(story);
    tally.count(story);
    if (tell) {
        std::printf("%s\n", reproduction(what).c_str());
        tell_story(story);
    }
    if (broken.empty()) return true;
    std::string all;
    for (const std::string& one : broken) all += (all.empty() ? "" : " | ") + one;
    std::printf("FAILED %s; expected otherwise: %s\n", reproduction(what).c_str(), all.c_str());
    return false;
}

struct Arguments {
    std::uint64_t seed{0};
    std::uint64_t cases{10'000};
    std::optional<std::uint64_t> only;
    bool table{false};
};

bool read_arguments(int argc, char** argv, Arguments& into) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view name = argv[i];
        if (name == "--table") {
            into.table = true;
            continue;
        }
        if (i + 1 == argc) return false;
        const std::string_view text = argv[++i];
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size()) return false;
        if (name == "--seed")
            into.seed = value;
        else if (name == "--cases")
            into.cases = value;
        else if (name == "--case")
            into.only = value;
        else
            return false;
    }
    return true;
}

int campaign(const Arguments& asked) {
    constexpr std::uint64_t kFailuresMax = 20;
    std::printf("seed %llu\n", Tally::number(asked.seed));
    Tally tally;
    if (asked.only) return run_one(asked.seed, *asked.only, /*tell=*/true, tally) ? 0U : 1U;
    std::uint64_t failures = 0;
    for (std::uint64_t i = 0; i < asked.cases && failures < kFailuresMax; ++i)
        failures += run_one(asked.seed, i, /*tell=*/false, tally) ? 0U : 1U;
    tally.print();
    return failures == 0 ? 0U : 1U;
}

}  // namespace
}  // namespace quietus::sim

int main(int argc, char** argv) {
    quietus::sim::Arguments asked;
    asked.seed = std::random_device{}();
    if (!quietus::sim::read_arguments(argc, argv, asked)) {
        std::fprintf(stderr,
                     "usage: quietus_campaign [--seed S] [--cases N] [--case K] [--table]\n");
        return 64;
    }
    quietus::log::start(quietus::log::Level::off);
    if (asked.table) {
        std::printf("%s", quietus::sim::undetectable_pairs().c_str());
        return 0;
    }
    std::signal(SIGABRT, quietus::sim::tell_and_die);
    std::signal(SIGSEGV, quietus::sim::tell_and_die);
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    return quietus::sim::campaign(asked);
}

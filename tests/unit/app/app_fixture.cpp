#include "app_fixture.h"

#include <algorithm>

#include "app/register_command.h"

namespace quietus::app {

EraseTest::EraseTest() {
    settings.state_dir = scratch.path() + "/state";
    settings.config_file = scratch.path() + "/no.toml";
    auto started = Signals::start();
    EXPECT_TRUE(started.has_value());
    while (started->take()) {
        // One that an earlier test of this process has sent.
    }
    signals.emplace(std::move(*started));
}

test::MemoryDriveOptions EraseTest::numbered(unsigned n) {
    test::MemoryDriveOptions options;
    options.name = std::string{"sd"} + static_cast<char>('a' + n);
    options.number = {8, 16 * n};
    options.serial = "SERIAL-000" + std::to_string(n);
    return options;
}

test::MemoryDrive& EraseTest::add(test::MemoryDriveOptions options) {
    return host.add(std::move(options));
}

ExitStatus EraseTest::erase(std::vector<std::string> devices) {
    const bool all = devices.empty();
    Consent said;
    for (std::size_t i = 0; i < host.drives(); ++i) {
        const std::string node = host.drive(i).node();
        if (all && manifest_file.empty()) devices.push_back(node);
        if (!manifest_file.empty() ||
            std::find(devices.begin(), devices.end(), node) != devices.end())
            said.confirmations.push_back(host.drive(i).options().serial);
    }
    const EraseRequest request{.devices = devices,
                               .manifest_file = manifest_file,
                               .skip_refused = skip_refused,
                               .parallel = parallel,
                               .limits = run_limits,
                               .goal = goal,
                               .consent = consent ? *consent : said,
                               .settings = settings,
                               .ask = {}};
    observer.results.clear();
    writes_before_.clear();
    for (std::size_t i = 0; i < host.drives(); ++i)
        writes_before_.push_back(host.drive(i).count(test::Did::write));
    const ExitStatus status = erase_drives(
        request, {.host = host, .clock = clock, .observer = observer, .signals = *signals});
    if (manifest_file.empty()) {
        EXPECT_EQ(observer.results.size(), devices.size())
            << "one result for each drive of the call";
    }
    expect_consistent(status);
    return status;
}

ExitStatus EraseTest::resume(const std::vector<std::string>& named, const Consent& said,
                             test::MemoryHost* on) {
    const ResumeRequest request{.named = named,
                                .all = named.empty(),
                                .skip_refused = skip_refused,
                                .parallel = parallel,
                                .limits = said_limits,
                                .consent = said,
                                .settings = settings};
    observer.results.clear();
    writes_before_.clear();
    for (std::size_t i = 0; i < host.drives(); ++i)
        writes_before_.push_back(host.drive(i).count(test::Did::write));
    return resume_drives(request, {.host = on != nullptr ? *on : host,
                                   .clock = clock,
                                   .observer = observer,
                                   .signals = *signals});
}

const DriveResult& EraseTest::result_of(const std::string& path) const {
    const auto found = std::find_if(observer.results.begin(), observer.results.end(),
                                    [&](const DriveResult& r) { return r.path == path; });
    QUIETUS_CHECK(found != observer.results.end());
    return *found;
}

std::vector<std::string> EraseTest::names(const std::string& folder) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator{folder, ignored})
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

std::uint64_t EraseTest::registered() const {
    const auto found = search_register(settings, "");
    return found ? found->size() : 0;
}

void EraseTest::expect_consistent(ExitStatus status) {
    bool all_ok = !observer.results.empty();
    for (const DriveResult& one : observer.results) {
        SCOPED_TRACE(one.path + ": " + one.cause);
        all_ok = all_ok && one.status == ExitStatus::ok;
        const bool erased = one.verdict == Verdict::erased;
        EXPECT_EQ(erased, one.media_state == MediaState::complete);
        EXPECT_EQ(erased,
                  one.status == ExitStatus::ok || one.status == ExitStatus::evidence_incomplete);
        EXPECT_EQ(one.cause.empty(), one.status == ExitStatus::ok);
        EXPECT_EQ(one.status == ExitStatus::ok, there(one.folder + "/certificate.json"));
        if (!one.folder.empty()) {
            EXPECT_EQ(there(one.folder + "/certificate.json"), erased);
            EXPECT_EQ(there(one.folder + "/failure-record.json"),
                      one.verdict == Verdict::not_erased || one.verdict == Verdict::unknown);
            EXPECT_EQ(there(one.folder + "/exception-record.json"),
                      one.verdict == Verdict::exceptions);
        }
        EXPECT_TRUE(one.verdict || one.media_state == MediaState::untouched);
        for (std::size_t i = 0; i < host.drives(); ++i) {
            const test::MemoryDrive& drive = host.drive(i);
            if (drive.node() != one.path || one.media_state != MediaState::untouched) continue;
            EXPECT_EQ(drive.count(test::Did::write), writes_before_[i]) << "told as untouched";
            EXPECT_TRUE(writes_before_[i] > 0 || drive.untouched());
            for (std::size_t p = 0; p < drive.options().partitions.size(); ++p)
                EXPECT_TRUE(drive.has_partition(p)) << "a drive let go has its partitions back";
        }
    }
    EXPECT_EQ(status == ExitStatus::ok, all_ok);
    EXPECT_TRUE(names(state("run")).empty()) << "the status file goes with the call";
}

}  // namespace quietus::app

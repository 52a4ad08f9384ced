#pragma once
// A call of erase on a machine in memory, with a clock turned by hand and an observer that writes
// everything down.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/erase.h"
#include "app/resume.h"
#include "support/loop_device.h"
#include "support/memory_host.h"

namespace quietus::app {

class FakeObserver final : public Observer {
  public:
    void device(const DeviceSnapshot& snapshot) override { devices.push_back(snapshot.path); }
    void plan(const Plan& plan) override { plans.push_back(plan); }
    void objections(const std::vector<Objection>& found) override {
        objected.insert(objected.end(), found.begin(), found.end());
    }
    void phase(const std::string& path, const std::string& text) override {
        phases.push_back(path + ": " + text);
        if (on_phase) on_phase(path, text);
    }
    void progress(const Progress& progress) override {
        progressed.push_back(progress);
        if (on_progress) on_progress(progress);
    }
    void warning(const std::string& text) override { warnings.push_back(text); }
    void note(const std::string& text) override { notes.push_back(text); }
    void verification(const std::string& /*path*/, const Verification& seen) override {
        verifications.push_back(seen);
    }
    void certificate(const std::string& /*path*/, const std::string& folder,
                     const std::string& /*fingerprint*/) override {
        folders.push_back(folder);
    }
    void unsaved_evidence(const std::string& path,
                          const std::map<std::string, std::string>& files) override {
        unsaved[path] = files;
    }
    void result(const DriveResult& result) override { results.push_back(result); }
    std::map<std::string, std::map<std::string, std::string>> unsaved;

    std::vector<std::string> devices, phases, warnings, notes, folders;
    std::vector<Plan> plans;
    std::vector<Objection> objected;
    std::vector<Progress> progressed;
    std::vector<Verification> verifications;
    std::vector<DriveResult> results;
    std::function<void(const std::string& path, const std::string& text)> on_phase;
    std::function<void(const Progress& progress)> on_progress;
};

/// Wall time as set; durations are real, because workers and deadlines are.
class HandClock final : public Clock {
  public:
    UtcTime now() const override { return time; }
    std::chrono::nanoseconds monotonic() const override {
        if (on_monotonic) on_monotonic();
        return SystemClock{}.monotonic() + ahead;
    }
    UtcTime time{1'790'000'000'000};
    std::chrono::nanoseconds ahead{0};  ///< Of the real one.
    std::function<void()> on_monotonic;
};

class EraseTest : public testing::Test {
  protected:
    EraseTest();
    test::MemoryDrive& add(test::MemoryDriveOptions options = {});
    /// The n-th drive of a call: sda, sdb, … each with a serial of its own.
    static test::MemoryDriveOptions numbered(unsigned n);

    /// Erases `devices` (all drives where none is named, or those of the manifest), each confirmed
    /// by its serial unless `consent` was set.
    ExitStatus erase(std::vector<std::string> devices = {});
    /// What broke off, on this machine or another; `said` is what was confirmed and accepted now.
    ExitStatus resume(const std::vector<std::string>& named, const Consent& said = {},
                      test::MemoryHost* on = nullptr);
    const DriveResult& result(std::size_t index = 0) const { return observer.results.at(index); }
    const DriveResult& result_of(const std::string& path) const;

    std::string state(const std::string& name = {}) const {
        return settings.state_dir + "/" + name;
    }
    static bool there(const std::string& path) { return std::filesystem::exists(path); }
    /// Names in a folder, sorted; nothing where there is none.
    static std::vector<std::string> names(const std::string& folder);
    std::size_t evidence_folders() const { return names(settings.out_dir()).size(); }
    std::size_t owed() const { return names(state("spool")).size(); }
    std::uint64_t registered() const;
    /// Holds for every call: statuses, verdicts, media and evidence agree with each other and with
    /// the drives.
    void expect_consistent(ExitStatus status);

    test::ScratchFolder scratch;
    test::MemoryHost host;
    HandClock clock;
    FakeObserver observer;
    Settings settings;
    Goal goal;
    std::string manifest_file;
    bool skip_refused{false};
    std::optional<unsigned> parallel;
    RunLimits run_limits;    ///< Of erase().
    SaidLimits said_limits;  ///< Of resume().
    std::optional<Consent> consent;
    std::optional<Signals> signals;

  private:
    std::vector<std::size_t> writes_before_;
};

}  // namespace quietus::app

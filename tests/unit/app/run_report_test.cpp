#include "app/run_report.h"

#include <filesystem>
#include <unistd.h>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "app_fixture.h"
#include "base/file.h"
#include "support/machine_builder.h"

namespace quietus::app {
namespace {

using testing::HasSubstr;
using testing::Not;

DriveResult a_result(const std::string& path, std::optional<Verdict> verdict, ExitStatus status) {
    DriveResult result;
    result.path = path;
    result.serial = "S1";
    result.verdict = verdict;
    result.status = status;
    return result;
}

class Report : public testing::Test {
  protected:
    Json summary() const {
        return parse_json(report_.summary().substr(0, report_.summary().size() - 1)).value();
    }
    HandClock clock_;
    RunReport report_{clock_, "erase"};
};

TEST_F(Report, UntilTheEndNobodyKnowsHowItEnds) {
    EXPECT_TRUE(summary()["exit"].is_null());
    EXPECT_TRUE(summary()["ended"].is_null());
    EXPECT_THAT(report_.metrics(), HasSubstr("quietus_run_running 1\n"));
    EXPECT_THAT(report_.metrics(), Not(HasSubstr("exit_status 0")));
    report_.end(ExitStatus::not_erased);
    EXPECT_EQ(summary()["exit"], 10);
    EXPECT_EQ(summary()["ended"], to_rfc3339(clock_.time));
    EXPECT_THAT(report_.metrics(), HasSubstr("quietus_run_exit_status 10\n"));
}

TEST_F(Report, EveryDriveIsCountedByItsVerdict) {
    DriveResult good = a_result("/dev/sda", Verdict::erased, ExitStatus::ok);
    good.started = good.ended = clock_.time;
    good.bytes_written = 4000;
    good.write_ms = 2000;
    good.folder = "/evidence/one";
    report_.result(good);
    report_.result(a_result("/dev/sdb", std::nullopt, ExitStatus::refused));
    EXPECT_EQ(summary()["verdicts"]["erased"], 1);
    EXPECT_EQ(summary()["verdicts"]["none"], 1);
    EXPECT_EQ(summary()["drives"][0]["write_rate"], 2000);
    EXPECT_EQ(summary()["drives"][0]["evidence"], "/evidence/one");
    EXPECT_EQ(summary()["drives"][1]["exit"], 77);
    EXPECT_EQ(summary()["bytes_written"], 4000);
    EXPECT_THAT(report_.metrics(), HasSubstr("quietus_run_drives{verdict=\"erased\"} 1\n"));
    EXPECT_THAT(report_.metrics(), HasSubstr("quietus_run_failures 1\n"));
}

TEST_F(Report, RefusalsFaultsAndWarningsAreInIt) {
    report_.objections({{.rule = "mounted", .what = "/dev/sda: mounted", .remedy = "umount"}});
    report_.error({.code = ErrorCode::usage, .message = "x", .sys_errno = 0, .hint = "y"});
    report_.warning("careful");
    EXPECT_EQ(summary()["objections"][0]["rule"], "mounted");
    EXPECT_EQ(summary()["errors"][0]["exit"], 64);
    EXPECT_EQ(summary()["warnings"][0], "careful");
}

TEST_F(Report, ARunningDriveIsMeasured) {
    report_.device(test::a_drive("sda").serial("S\"1\\\n"));
    Progress progress{.path = "/dev/sda", .steps = 2, .total = 1000};
    advance(progress, 250, std::chrono::seconds{1});
    report_.progress(progress);
    const std::string labels = "{device=\"/dev/sda\",serial=\"S\\\"1\\\\?\"}";
    EXPECT_THAT(report_.metrics(),
                HasSubstr("quietus_drive_step_done_ratio" + labels + " 0.250\n"));
    EXPECT_THAT(report_.metrics(), HasSubstr("quietus_run_written_bytes 250\n"));
}

TEST(MetricLabel, CannotBreakOutOfItsQuotes) {
    EXPECT_EQ(metric_label("a\"} 1\nevil 2\\"), "a\\\"} 1\\\\x0aevil 2\\\\");
}

TEST_F(Report, IsReplacedAsAWholeAndLeavesNothingElseBehind) {
    const test::ScratchFolder scratch;
    const ReportFiles files{.summary = scratch.path() + "/run.json",
                            .metrics = scratch.path() + "/quietus.prom"};
    ASSERT_TRUE(write_file_durably(files.summary, "old", 0600).has_value());
    ASSERT_TRUE(write_summary(files, report_).has_value());
    ASSERT_TRUE(write_metrics(files, report_).has_value());
    EXPECT_EQ(read_whole_file(files.summary, 65536).value(), report_.summary());
    EXPECT_EQ(read_whole_file(files.metrics, 65536).value(), report_.metrics());
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{scratch.path()}, {}), 2);
}

TEST_F(Report, APlaceThatCannotBeWrittenIsConfiguration) {
    EXPECT_EQ(write_summary({.summary = "/no/such/folder/x", .metrics = {}}, report_).error().code,
              ErrorCode::config);
    EXPECT_EQ(write_metrics({.summary = {}, .metrics = "/no/such/folder/x"}, report_).error().code,
              ErrorCode::config);
    EXPECT_TRUE(write_summary({}, report_).has_value()) << "not asked for";
}

TEST_F(Report, WhatIsNoFileIsNeverReplaced) {
    const test::ScratchFolder scratch;
    const std::string pipe = scratch.path() + "/pipe";
    ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
    EXPECT_EQ(write_summary({.summary = pipe, .metrics = {}}, report_).error().code,
              ErrorCode::config);
    EXPECT_TRUE(std::filesystem::is_fifo(pipe));
}

}  // namespace
}  // namespace quietus::app

#include "unit/certs/evidence_fixture.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "base/random.h"

namespace quietus::certs::testing {

namespace {

constexpr std::uint64_t kSize = kMiB;

SigningKey fresh_key(const std::string& name) {
    auto made = make_local_key(name, kNow);
    QUIETUS_CHECK(made.has_value());
    auto key = load_signing_key(text_of(made->key_pem.span()), made->certificate_pem, {});
    QUIETUS_CHECK(key.has_value());
    return std::move(*key);
}

DeviceSnapshot a_drive() {
    DeviceSnapshot drive;
    drive.path = "/dev/sdb";
    drive.name = drive.whole_disk = "sdb";
    drive.number = {8, 16};
    drive.transport = Transport::sata;
    drive.medium = Medium::rotational;
    drive.identity.model = SourcedString::of({"TESTDISK 1000"}, "sysfs:device/model");
    drive.identity.serial = SourcedString::of({"WD-TEST0001"}, "sysfs:device/serial");
    drive.identity.wwn = SourcedString::of({"naa.5000000000000001"}, "sysfs:device/wwid");
    drive.identity.firmware = SourcedString::none("the kernel shows none");
    drive.identity.size = {kSize};
    drive.geometry.size = {kSize};
    drive.drivers = {"overwrite"};
    return drive;
}

Plan a_plan() {
    Plan plan;
    plan.target = a_drive();
    plan.goal.level = Level::clear;
    plan.technique.name = "random";
    plan.technique.title = "one pass of AES-256-CTR keystream";
    plan.technique.passes = {KeystreamPattern{}};
    plan.technique.references = {
        {"NIST SP 800-88r2", "September 2025", "current", "defines clear"}};
    plan.level = Level::clear;
    plan.steps = {OverwritePass{1, 1, KeystreamPattern{}}, ReadBack{VerifyMode::full}};
    plan.reasons = {
        {"level.overwrite", "an overwrite reaches addressable sectors only", "quietus policy v1"}};
    plan.not_reached = {{"reallocated sectors", "not addressable by the host"}};
    return plan;
}

StepOutcome the_pass() {
    StepOutcome pass;
    pass.index = 0;
    pass.step = OverwritePass{1, 1, KeystreamPattern{}};
    pass.began = {kNow.ms - 9000};
    pass.ended = UtcTime{kNow.ms - 6000};
    pass.bytes_done = kSize;
    pass.covered.add({0, kSize});
    pass.elapsed_ms = 3000;
    pass.flushed = true;
    pass.end = StepEnd::completed;
    pass.keystream =
        Keystream{"AES-256-CTR", Bytes(32, std::byte{0x11}), Bytes(8, std::byte{0x22})};
    return pass;
}

StepOutcome the_read_back() {
    StepOutcome read;
    read.index = 1;
    read.step = ReadBack{VerifyMode::full};
    read.began = {kNow.ms - 6000};
    read.ended = UtcTime{kNow.ms - 4000};
    read.bytes_done = kSize;
    read.bytes_promised = kSize;
    read.covered.add({0, kSize});
    read.elapsed_ms = 2000;
    read.end = StepEnd::completed;
    return read;
}

EraseRecord judged(EraseRecord record) {
    const Judgement judgement = judge(record);
    record.verdict = judgement.verdict;
    record.media_state = judgement.media_state;
    record.cause = judgement.cause;
    return record;
}

}  // namespace

EraseRecord an_erased_drive() {
    EraseRecord record;
    record.id = new_uuid_v7(kNow).value();
    record.plan = a_plan();
    record.consent_means = ConsentMeans::confirm_flag;
    record.started = {kNow.ms - 10000};
    record.ended = {kNow.ms - 3000};
    record.any_write_issued = true;
    record.steps = {the_pass(), the_read_back()};
    record.verification = {VerifyMode::full,         "keystream of pass 1", kSize, kSize, {}, {},
                           VerificationOutcome::pass};
    record.identity_confirmed_after = true;
    record.journal_digest = std::string(64, 'a');
    record.journal_entries = 6;
    record.host.hostname = "bench-7";
    record.host.missing = {{"dmi_serial", "not root"}};
    record.tool.version = "0.1.0";
    record.tool.selftest = "passed";
    record.operated_by.authenticated_by = "local uid 0 (root)";
    return judged(std::move(record));
}

EraseRecord a_drive_with_exceptions() {
    EraseRecord record = an_erased_drive();
    record.plan.target.geometry.size.bytes += 100;
    record.plan.target.identity.size.bytes += 100;
    record.unaddressable_bytes = 100;
    return judged(std::move(record));
}

EraseRecord a_failed_erasure() {
    EraseRecord record = an_erased_drive();
    const Range bad{16 * 512, 8 * 512};
    record.steps[0].failed.add(bad);
    record.steps[0].covered.subtract(bad);
    record.steps[0].bytes_done -= bad.count;
    record.steps[1].unreadable.add(bad);
    record.steps[1].covered.subtract(bad);
    record.steps[1].bytes_done -= bad.count;
    record.steps[1].end = StepEnd::mismatch;
    record.unwritten.add(bad);
    record.verification.unreadable.add(bad);
    record.verification.covered_bytes -= bad.count;
    record.verification.outcome = VerificationOutcome::fail;
    return judged(std::move(record));
}

Issuer::Issuer(const std::string& name)
    : key{fresh_key(name)},
      log{make_log_key("quietus-register/" + name.substr(0, name.find(' '))).value()},
      log_register{std::make_unique<Register>(
          open_sqlite_store(":memory:", /*create=*/true).value(), log)} {}

IssueContext Issuer::context() const {
    IssueContext context;
    context.issued = clock;
    context.clock_source = "system clock, not compared with another";
    context.register_id = log.origin;
    context.register_public_key = log.public_key_base64;
    Bytes salt(32);
    QUIETUS_CHECK(fill_random(salt).has_value());
    context.salt = to_hex(salt);
    return context;
}

Folder Issuer::folder_for(const EraseRecord& record) {
    return registered(issue(record, context(), key), stem_of(record.verdict));
}

Folder Issuer::folder_for(const Statement& statement) {
    return registered(issue_statement(statement, context(), key), stem_of(statement.body));
}

Folder Issuer::registered(Result<Folder> folder, const std::string& stem) {
    QUIETUS_CHECK(folder.has_value());
    const Json json = parse_json(folder->at(stem + ".json")).value();
    const LeafFacts facts = leaf_of(json, *folder, stem).value();
    (*folder)["receipt.json"] = log_register->append(facts).value();
    return *folder;
}

TemporaryFolder::TemporaryFolder() {
    std::string pattern = ::testing::TempDir() + "quietus-certs-XXXXXX";
    QUIETUS_CHECK(mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

CommandResult run(const std::string& command) {
    CommandResult result;
    FILE* pipe = popen(("{ " + command + "\n} 2>&1").c_str(), "r");
    QUIETUS_CHECK(pipe != nullptr);
    std::array<char, 4096> chunk{};
    while (const std::size_t got = fread(chunk.data(), 1, chunk.size(), pipe))
        result.output.append(chunk.data(), got);
    const int status = pclose(pipe);
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

std::string why(const Report& report) {
    return report.findings.empty() ? "" : report.findings.back().what;
}

}  // namespace quietus::certs::testing

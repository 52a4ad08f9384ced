#include "app/verify_drive.h"

#include <algorithm>
#include <poll.h>

#include "app/fork_worker.h"
#include "app/probe.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/memory.h"
#include "engine/pattern_source.h"
#include "record/json.h"

namespace quietus::app {

namespace {

constexpr std::size_t kPiece = kMiB;
constexpr std::chrono::milliseconds kProgressInterval{200};
// A read that has not come back for so long: the drive hangs.
constexpr std::chrono::seconds kSilenceMax{60};

Result<Expectation> from_technique(const std::string& name) {
    const Technique technique = QUIETUS_TRY(find_technique(name));
    if (is_device_technique(technique)) {
        return failure(ErrorCode::usage,
                       "--technique " + printable_text(name) +
                           ": what a drive leaves after erasing itself is its own affair",
                       "--technique zero or ones shows whether it reads as such");
    }
    if (!std::holds_alternative<ConstantPattern>(technique.passes.back())) {
        return failure(
            ErrorCode::usage,
            "--technique " + printable_text(name) + ": only its certificate knows what it wrote",
            "give --certificate DIR");
    }
    return Expectation{.pattern = technique.passes.back(),
                       .keystream = {},
                       .name = to_string(technique.passes.back()),
                       .remarks = {}};
}

std::string text_or_empty(const Json& object, const std::string& key) {
    return string_member(object, key).value_or("");
}

}  // namespace

Result<Expectation> from_record(const Json& record) {
    const Json sanitization = QUIETUS_TRY(member(record, "sanitization"));
    const std::string id = QUIETUS_TRY(string_member(record, "id"));
    const Json left = QUIETUS_TRY(member(sanitization, "left_on_drive"));
    if (left.contains("unavailable"))
        return failure(ErrorCode::unsupported,
                       "record " + id + " publishes no bytes to compare with: " +
                           printable_text(text_or_empty(left, "unavailable")),
                       "the drive erased itself, or was not erased: --technique zero or ones shows "
                       "whether it reads as such");
    const Pattern pattern = QUIETUS_TRY(parse_pattern(QUIETUS_TRY(string_member(left, "pattern"))));
    const bool blank = QUIETUS_TRY(string_member(left, "role")) == to_string(PassRole::blank);
    Expectation expected{.pattern = pattern,
                         .keystream = {},
                         .name = to_string(pattern) + " as record " + id + " says",
                         .remarks = {}};
    if (std::holds_alternative<KeystreamPattern>(pattern)) {
        expected.keystream =
            QUIETUS_TRY(keystream_from_json(QUIETUS_TRY(member(sanitization, "keystream"))));
        expected.name = "the published keystream of record " + id;
    }
    if (blank)
        expected.remarks.emplace_back(
            "compared with the blank pass that was written after the verification; what the "
            "certificate says was read back is no longer on the drive");
    return expected;
}

Result<std::vector<std::string>> compare_with_record(const DeviceSnapshot& drive,
                                                     const Json& record) {
    const Json named = QUIETUS_TRY(member(record, "drive"));
    const auto differs = [&](const std::string& what, const std::string& here,
                             const std::string& there) {
        return failure(ErrorCode::bad_evidence,
                       drive.path + ": not the drive of this certificate: its " + what + " is " +
                           here + ", the certificate says " + there);
    };
    const std::uint64_t size = QUIETUS_TRY(integer_member(named, "size_bytes"));
    if (size != drive.geometry.size.bytes)
        return differs("size", std::to_string(drive.geometry.size.bytes), std::to_string(size));
    const std::string serial = text_or_empty(named, "serial");
    const std::string wwn = text_or_empty(named, "wwn");
    if (serial != printable(drive.identity.serial))
        return differs("serial", printable(drive.identity.serial), serial);
    if (wwn != printable(drive.identity.wwn))
        return differs("WWN", printable(drive.identity.wwn), wwn);
    if (serial.empty() && wwn.empty())
        return std::vector<std::string>{
            "neither the drive nor the certificate has a serial or WWN: only the size was "
            "compared"};
    return std::vector<std::string>{};
}

namespace {

// In the worker: reads and compares piece by piece, a JSON line now and then, the answer last.
Json read_and_compare(Host& host, const DeviceSnapshot& drive, const Expectation& expected,
                      int socket, const Clock& clock) {
    const std::uint64_t total = drive.geometry.addressable().bytes;
    RangeSet mismatched;
    std::uint64_t at = 0;
    std::string read_mode;
    const auto work = [&]() -> Result<void> {
        auto pattern =
            QUIETUS_TRY(engine::make_pattern_source(expected.pattern, expected.keystream, kPiece));
        auto buffer = QUIETUS_TRY(AlignedBuffer::create(kPiece));
        const auto handle = QUIETUS_TRY(host.open_query(drive.path));
        const HandleFacts facts = QUIETUS_TRY(handle->facts());
        if (facts.number != drive.number || facts.size != drive.geometry.size)
            return failure(ErrorCode::bad_evidence, "another device is behind the node now");
        auto last = clock.monotonic();
        while (at < total) {
            const auto piece = buffer.span().first(
                static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, total - at)));
            QUIETUS_TRY(handle->read_direct(at, piece));
            QUIETUS_TRY(pattern->compare(at, piece, drive.geometry.logical_sector, mismatched));
            at += piece.size();
            read_mode = std::string{handle->read_mode()};
            if (clock.monotonic() - last < kProgressInterval) continue;
            last = clock.monotonic();
            QUIETUS_TRY(write_all(socket, canonical_json({{"done", json_integer(at)}}) + "\n",
                                  "supervisor"));
        }
        return {};
    };
    const auto done = work();
    return {{"covered", json_integer(at)},
            {"mismatched", to_json(mismatched)},
            {"read_mode", read_mode},
            {"cause", done ? "" : printable_text(done.error().message)}};
}

Result<void> understand(const Json& message, VerifyAnswer& answer) {
    answer.covered_bytes = QUIETUS_TRY(integer_member(message, "covered"));
    answer.mismatched = QUIETUS_TRY(ranges_from_json(QUIETUS_TRY(member(message, "mismatched"))));
    answer.read_mode = QUIETUS_TRY(string_member(message, "read_mode"));
    answer.cause = QUIETUS_TRY(string_member(message, "cause"));
    return {};
}

Result<void> follow(const ForkedWorker& worker, const Clock& clock, Observer& observer,
                    Signals& signals, VerifyAnswer& answer) {
    LineReader reader;
    const auto began = clock.monotonic();
    auto last_word = began;
    for (;;) {
        std::array<pollfd, 2> waiting{
            pollfd{.fd = worker.socket(), .events = POLLIN, .revents = 0},
            pollfd{.fd = signals.descriptor(), .events = POLLIN, .revents = 0}};
        static_cast<void>(poll(waiting.data(), waiting.size(), 500));
        if (const auto signal = signals.take())
            return tl::unexpected{Error{.code = ErrorCode::interrupted,
                                        .message = "interrupted",
                                        .sys_errno = *signal,
                                        .hint = {}}};
        std::vector<std::string> lines;
        const auto stream = reader.read_available(worker.socket(), lines);
        for (const std::string& line : lines) {
            last_word = clock.monotonic();
            const Json message = QUIETUS_TRY(parse_json(line));
            if (message.contains("covered")) return understand(message, answer);
            Progress progress{.path = answer.path,
                              .step = 0,
                              .steps = 1,
                              .writing = false,
                              .pass = 1,
                              .passes = 1,
                              .role = PassRole::technique,
                              .done = 0,
                              .total = answer.total_bytes,
                              .rate = 0,
                              .eta_s = 0,
                              .waiting = false};
            advance(progress, integer_member(message, "done").value_or(0),
                    clock.monotonic() - began);
            observer.progress(progress);
        }
        if (stream != LineReader::State::open)
            return failure(ErrorCode::internal, "the worker ended without an answer");
        if (clock.monotonic() - last_word > kSilenceMax)
            return failure(ErrorCode::unsupported, answer.path + ": does not answer",
                           "the drive or its path hangs");
    }
}

}  // namespace

Result<VerifyAnswer> verify_drive(Host& host, const Clock& clock, Observer& observer,
                                  Signals& signals, const VerifyRequest& request) {
    if (request.certificate_folder.empty() == request.technique.empty())
        return failure(ErrorCode::usage, "verify needs to know what to expect",
                       "give either --certificate DIR or --technique zero|ones|pattern:HEX");
    std::optional<Json> record;
    if (!request.certificate_folder.empty()) {
        const auto report = QUIETUS_TRY(
            verify_certificate(request.certificate_folder, request.trust, request.settings, clock));
        if (!report.authentic)
            return failure(ErrorCode::not_authentic,
                           request.certificate_folder + ": not authentic" +
                               (report.findings.empty() ? "" : ": " + report.findings.back().what),
                           "quietus certificate verify shows why");
        record = report.record;
    }
    Expectation expected =
        record ? QUIETUS_TRY(from_record(*record)) : QUIETUS_TRY(from_technique(request.technique));
    const auto named = QUIETUS_TRY(discovery::resolve_device(host, request.device));
    auto probed = probe(host, {named}, {});
    const DeviceSnapshot drive = QUIETUS_TRY(std::move(probed.front())).snapshot;
    VerifyAnswer answer;
    if (record) answer.remarks = QUIETUS_TRY(compare_with_record(drive, *record));
    answer.remarks.insert(answer.remarks.end(), expected.remarks.begin(), expected.remarks.end());
    answer.path = drive.path;
    answer.expected = expected.name;
    answer.total_bytes = drive.geometry.addressable().bytes;
    answer.unaddressable_bytes = drive.geometry.unaddressable().bytes;
    const auto worker = QUIETUS_TRY(ForkedWorker::start([&](int socket) {
        static_cast<void>(write_all(
            socket, canonical_json(read_and_compare(host, drive, expected, socket, clock)) + "\n",
            "supervisor"));
    }));
    QUIETUS_TRY(follow(worker, clock, observer, signals, answer));
    return answer;
}

}  // namespace quietus::app

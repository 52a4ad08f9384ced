#pragma once
// What happened to one drive: a value made by folding the journal, whatever happened. Certificates
// are written from it and from nothing else.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/range_set.h"
#include "base/utc_time.h"
#include "device/device_answer.h"
#include "plan/consent.h"
#include "plan/plan.h"

namespace quietus {

enum class Verdict { erased, exceptions, not_erased, unknown };
enum class MediaState { untouched, altered, complete, unknown };
std::string to_string(Verdict verdict);  // "erased", "exceptions", "not-erased", "unknown"
std::string to_string(MediaState state);
Result<Verdict> parse_verdict(std::string_view text);

/// Enough to make every byte of a keystream pass again (docs/formats/keystream.md). It protects no
/// old data: it is in the journal from the first byte on and is published once verification is
/// over.
struct Keystream {
    std::string algorithm;  ///< "AES-256-CTR" or "ChaCha20"
    Bytes key;              ///< 32 bytes
    Bytes nonce;            ///< 8 bytes; the other 8 of the counter block are the block number
    friend bool operator==(const Keystream&, const Keystream&) = default;
};

enum class StepEnd {
    completed,    ///< All of it was done.
    partial,      ///< All that could be done was done; `failed` or `unreadable` is the rest.
    io_error,     ///< The drive refuses, or more is bad than the policy lets a run try.
    device_gone,  ///< The node or the drive vanished.
    mismatch,     ///< Read-back found other bytes (read-back goes on to count them).
    interrupted,  ///< SIGINT or SIGTERM.
    hung,         ///< A request passed its deadline and was abandoned.
    not_ended,    ///< The worker died, or the journal ends here.
    unproven,     ///< The drive was told to erase itself, and nothing proves that it did.
};
std::string to_string(StepEnd end);
Result<StepEnd> parse_step_end(std::string_view text);
/// Completed or partial: nothing stopped it, whatever it had to leave out.
constexpr bool came_to_its_end(StepEnd end) {
    return end == StepEnd::completed || end == StepEnd::partial;
}

/// A step's speed is told for so many equal parts of the drive's addresses.
inline constexpr std::size_t kPaceParts = 64;

/// How a step went for the drive.
struct Pace {
    std::uint64_t failed_requests{0};
    std::uint64_t retried{0};     ///< Tries of a logical sector that had failed before.
    std::uint64_t slowest_ms{0};  ///< The slowest request that came back.
    std::vector<std::uint64_t>
        kib_per_s;  ///< By part, at most kPaceParts; 0 where nothing was done.
    friend bool operator==(const Pace&, const Pace&) = default;
};

/// What one step of the plan did, as measured by us.
struct StepOutcome {
    int index{0};  ///< Position in Plan::steps, from 0.
    Step step;
    UtcTime began;
    std::optional<UtcTime> ended;
    std::uint64_t bytes_done{0};      ///< Written and acknowledged, or read and compared.
    std::uint64_t bytes_promised{0};  ///< What a full run of the step would have done.
    std::uint64_t elapsed_ms{0};
    bool flushed{false};  ///< The drive acknowledged a flush after the last write.
    StepEnd end{StepEnd::not_ended};
    RangeSet covered;     ///< Bytes written and acknowledged, or read and compared.
    RangeSet kept;        ///< Those of them that an earlier run wrote and the drive flushed.
    RangeSet failed;      ///< Bytes that could not be written, down to the logical sector.
    RangeSet mismatched;  ///< Read-back only: bytes that read as something else.
    RangeSet unreadable;  ///< Read-back only.
    std::optional<Keystream> keystream;   ///< Overwrite with a keystream pattern.
    std::optional<std::byte> drawn_byte;  ///< Overwrite with a drawn byte: the byte written.
    std::optional<Bytes> sample_seed;     ///< Read-back by sample: 32 bytes, drawn after the flush.
    std::uint64_t sample_subsections{0};
    std::uint64_t sample_per_subsection{0};
    std::optional<DeviceAnswer> device;  ///< HardwareErase: what the drive was told, and said.
    std::string read_as;  ///< Read-back after it: "zeros everywhere", …; empty for other steps.
    std::string engine;   ///< "io_uring", "threads", "memory".
    std::string cause;    ///< Printable: "write of 512 bytes at byte 4096: Input/output error".
    Pace pace;
    friend bool operator==(const StepOutcome&, const StepOutcome&) = default;
};

/// What an overwriting step writes, a drawn byte put in its place; as the plan has it where the
/// byte is not known.
Pattern written_pattern(const StepOutcome& outcome);

enum class VerificationOutcome {
    pass,        ///< Everything promised was read, and is as expected.
    incomplete,  ///< What was read is as expected; named ranges were not written or not readable.
    fail,        ///< Something read is not as expected.
    unknown,     ///< It did not come to its end.
    none,
};
std::string to_string(VerificationOutcome outcome);

/// The read-back that the verdict rests on; where the run ended at an earlier one that found a
/// fault, that one.
struct Verification {
    VerifyMode mode{VerifyMode::none};
    std::string expected;            ///< "keystream", "00 (pass 2 of 3)"
    std::uint64_t covered_bytes{0};  ///< Really read and compared.
    std::uint64_t total_bytes{0};
    RangeSet mismatched;
    RangeSet unreadable;
    VerificationOutcome outcome{VerificationOutcome::none};
    friend bool operator==(const Verification&, const Verification&) = default;
};

/// The machine quietus ran on. Each value is printable; what could not be had says why in
/// `missing`.
struct HostFacts {
    std::string hostname;
    std::string kernel;
    std::string dmi_vendor, dmi_product, dmi_serial;  ///< Empty where unavailable.
    std::string chassis_serial{};
    std::string boot_id;
    std::string operating_system;
    std::string image{};        ///< Of the operating system: os-release IMAGE_ID, IMAGE_VERSION.
    std::string secure_boot{};  ///< "on", "off"
    std::string network{};      ///< "up: eth0, eth1", "no interface is up"
    /// The TPM's SHA-256 bank as the kernel shows it: number and hex. Read, not quoted.
    std::vector<std::pair<unsigned, std::string>> tpm_pcrs{};
    std::vector<std::pair<std::string, std::string>> missing;  ///< {field, why}
    friend bool operator==(const HostFacts&, const HostFacts&) = default;
};

struct ToolFacts {
    std::string name{"quietus"};
    std::string version;
    std::string commit;  ///< "unknown" where built outside git.
    std::string binary_sha256;
    std::string build;     ///< Compiler and build type.
    std::string selftest;  ///< "passed": the known answers of keystream and digest at start-up.
    friend bool operator==(const ToolFacts&, const ToolFacts&) = default;
};

struct OperatorFacts {
    std::string declared;            ///< --operator, printable; may be empty.
    std::string title{}, contact{};  ///< As declared; may be empty.
    std::string authenticated_by;    ///< "local uid 0 (root)"
    std::string login_uid;           ///< /proc/self/loginuid, or why not.
    friend bool operator==(const OperatorFacts&, const OperatorFacts&) = default;
};

/// What the caller said about the drive and the job; all optional, all printable. Every text is a
/// row of kOrderTexts (record/json.h).
struct OrderFacts {
    std::string ticket, asset_tag, organisation, location;
    std::string customer, classification, destination;
    std::string condition{};       ///< Of the drive when it came in: "operational", "damaged", …
    std::string media_source{};    ///< The machine or person the drive comes from.
    std::string label_serial{};    ///< The serial number as printed on the drive's label.
    std::string failure_reason{};  ///< Why the drive came out of service; an RMA's symptom code.
    std::string vendor_statement{};  ///< Reference of what the vendor says of sanitizing it.
    std::string organisation_address{}, organisation_contact{};
    std::string contract{};                 ///< With the customer.
    std::string retention{};                ///< Retention class of the data.
    std::string legal_hold{}, backed_up{};  ///< "yes", "no", "unknown"; nothing on hold is erased.
    std::string backup_location{};
    std::string requester{}, approver{};  ///< People: named in people.json alone.
    std::string approval{};               ///< Reference of the approval.
    std::string manifest_sha256;          ///< Of the file that named the drive; empty without one.
    std::uint64_t manifest_line{0};       ///< Where in it, from 1.
    friend bool operator==(const OrderFacts&, const OrderFacts&) = default;
};

/// What the caller allowed the run of one drive.
struct RunLimits {
    std::optional<std::uint64_t> max_rate{};    ///< Bytes a second, writing and reading back.
    std::optional<std::uint64_t> min_rate{};    ///< Slower than this over a minute ends the run.
    std::optional<std::uint64_t> deadline_s{};  ///< Seconds from the beginning of the call.
    /// A request that is not back by then is abandoned. Longer than the kernel's own patience with
    /// a disk (30 s, five retries, resets).
    std::uint64_t request_deadline_s{300};
    std::uint64_t bad_area_s{300};  ///< For the search within one request that failed.
    std::uint64_t retries{1};       ///< More tries of a sector whose error may pass.
    bool backward{false};           ///< From the end of the drive to its beginning.
    friend bool operator==(const RunLimits&, const RunLimits&) = default;
};

/// An earlier run of the same erase on the same drive, which this one carries on.
struct ResumedRun {
    std::string id;              ///< Of its record.
    std::string journal_sha256;  ///< Of all whole lines of its journal.
    UtcTime started;
    std::string boot_id;          ///< Of the host it ran on.
    std::string cause;            ///< How it ended; printable.
    std::uint64_t kept_steps{0};  ///< Of the plan's steps, from the first on.
    std::uint64_t kept_bytes{0};  ///< Of the step after those.
    friend bool operator==(const ResumedRun&, const ResumedRun&) = default;
};

/// A run on the same drive before this one, whatever became of it.
struct Attempt {
    std::string id;  ///< Of its record.
    UtcTime started;
    Verdict verdict{Verdict::unknown};
    std::string cause;  ///< Printable; empty where erased.
    friend bool operator==(const Attempt&, const Attempt&) = default;
};

/// The whole of it.
struct EraseRecord {
    std::string id;  ///< UUIDv7 of this erase; names journal, record and folder.
    Plan plan;       ///< With the snapshot the guards approved.
    Consent consent;
    ConsentMeans consent_means{ConsentMeans::none};
    std::vector<Objection> accepted;  ///< Objections that consent overrode.
    UtcTime started;
    UtcTime ended;
    bool any_write_issued{false};
    std::vector<StepOutcome> steps;
    Verification verification;
    /// Addressable bytes that a pass begun, a blank pass aside, left out.
    RangeSet unwritten;
    /// Those of them that every such pass left out: what was there before may be there still.
    RangeSet never_written;
    std::uint64_t unaddressable_bytes{0};
    bool identity_confirmed_after{false};  ///< Re-read through the descriptor after the last step.
    Verdict verdict{Verdict::unknown};
    MediaState media_state{MediaState::unknown};
    std::string cause;          ///< Why not erased; empty for erased.
    std::optional<int> signal;  ///< SIGINT or SIGTERM ended it.
    std::string
        journal_digest;  ///< SHA-256 (hex) of the journal's bytes up to and with its closing event.
    std::uint64_t journal_entries{0};
    HostFacts host;
    ToolFacts tool;
    OperatorFacts operated_by;
    OrderFacts order;
    RunLimits limits;
    std::vector<Attempt> attempts_before;  ///< That this host knows of; the oldest first.
    std::vector<ResumedRun> resumed;       ///< The oldest first; `steps` begins with what they did.
    friend bool operator==(const EraseRecord&, const EraseRecord&) = default;
};

/// The verdict and media state that the steps, verification and ranges of the record allow, by the
/// rules of quietus(8) "Verdicts". Pure; every EraseRecord's verdict is made here and nowhere else.
struct Judgement {
    Verdict verdict{Verdict::unknown};
    MediaState media_state{MediaState::unknown};
    std::string cause;
};
Judgement judge(const EraseRecord& record);

/// clear, purge or nothing ("none"), as the certificate states it.
std::string method_achieved(const EraseRecord& record);

}  // namespace quietus

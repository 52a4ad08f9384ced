#pragma once
// `quietus verify DEVICE`: an independent, read-only look. Says what was read, never "erased", and
// leaves no certificate.

#include <optional>
#include <string>

#include "app/certificate.h"
#include "app/observer.h"
#include "app/signals.h"
#include "host/host.h"
#include "plan/technique.h"
#include "record/erase_record.h"

namespace quietus::app {

struct VerifyRequest {
    std::string device;
    std::string certificate_folder;  ///< Either this …
    std::string technique;           ///< … or zero, ones, pattern:HEX.
    TrustFlags trust;
    Settings settings;
};

struct VerifyAnswer {
    std::string path;
    std::string expected;  ///< "keystream of pass 1 of certificate 0190…", "00"
    std::uint64_t covered_bytes{0};
    std::uint64_t total_bytes{0};  ///< Addressable bytes.
    std::uint64_t unaddressable_bytes{0};
    RangeSet mismatched;
    std::string read_mode;  ///< "O_DIRECT" or what else
    std::string cause;      ///< Why it ended early.
    std::vector<std::string> remarks;
    bool all_match() const {
        return cause.empty() && mismatched.empty() && covered_bytes == total_bytes &&
               total_bytes > 0;
    }
};

/// What a drive should hold, and who says so.
struct Expectation {
    Pattern pattern;
    std::optional<Keystream> keystream;
    std::string name;
    std::vector<std::string> remarks;
};
/// The published pattern of an authentic record.
Result<Expectation> from_record(const Json& record);
/// Is this the drive the record speaks of? `bad_evidence` where not; else what could not be
/// compared.
Result<std::vector<std::string>> compare_with_record(const DeviceSnapshot& drive,
                                                     const Json& record);

/// Reads every addressable byte in a worker. A drive that is not the one of the certificate:
/// bad_evidence. A certificate that is not authentic: not_authentic.
Result<VerifyAnswer> verify_drive(Host& host, const Clock& clock, Observer& observer,
                                  Signals& signals, const VerifyRequest& request);

}  // namespace quietus::app

#pragma once
// What an NVMe drive answered to each question, kept so that a test can play it back.

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/json.h"
#include "host/host.h"

namespace quietus {

struct NvmeAnswer {
    std::string query;  ///< For people: "identify-controller". The entry says what was asked.
    Bytes entry;        ///< The submission queue entry, 64 bytes.
    /// What the drive completed the command with; nothing where no completion came.
    std::optional<std::uint32_t> status;
    int sys_errno{0};  ///< Where none came.
    Bytes data;        ///< Without the zeros at its end; empty where the drive refused.
    friend bool operator==(const NvmeAnswer&, const NvmeAnswer&) = default;
};

Json to_json(const std::vector<NvmeAnswer>& answers);
Result<std::vector<NvmeAnswer>> nvme_answers_from_json(const Json& json);

/// The answer kept for this very question, into `out`. A question that was not asked then is
/// `unsupported`: nothing is made up.
Result<NvmeCompletion> replay(const std::vector<NvmeAnswer>& answers, const NvmeQuery& query,
                              std::span<std::byte> out);

/// Passes every question on to `inner` and keeps what it answered. Both outlive it.
class RecordingHandle final : public ReadHandle {
  public:
    RecordingHandle(ReadHandle& inner, std::vector<NvmeAnswer>& kept)
        : inner_{inner}, kept_{kept} {}

    Result<HandleFacts> facts() override { return inner_.facts(); }
    Result<void> read_direct(std::uint64_t offset, std::span<std::byte> out) override {
        return inner_.read_direct(offset, out);
    }
    std::string_view read_mode() const override { return inner_.read_mode(); }
    Result<NvmeCompletion> nvme_query(const NvmeQuery& query, std::span<std::byte> out) override;

  private:
    ReadHandle& inner_;
    std::vector<NvmeAnswer>& kept_;
};

}  // namespace quietus

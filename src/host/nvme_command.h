#pragma once
// NVMe admin commands as the host sends them. What only asks is a closed list (NvmeQuery); anything
// else is an NvmeCommand, which takes a WriteHandle, and so a WritePermit. Root may send Sanitize
// through a descriptor opened for reading: the types are what keeps us from it.
//
// Opcodes and fields: NVM Express Base Specification 2.0 (section 5.17 Identify, 5.16 Get Log Page,
// 5.24 Sanitize, as nvme-cli and edk2 cite it).

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "device/permit.h"

namespace quietus {

/// A submission queue entry; the driver fills in command id and data pointers.
using NvmeEntry = std::array<std::byte, 64>;

/// A question that changes nothing on the drive. No other way to make one than these.
class NvmeQuery {
  public:
    /// Identify; the answer has 4096 bytes.
    static NvmeQuery identify_controller();                           // CNS 01h
    static NvmeQuery identify_namespace(std::uint32_t id);            // CNS 00h
    static NvmeQuery identify_allocated_namespace(std::uint32_t id);  // CNS 11h
    static NvmeQuery attached_namespaces(std::uint32_t after);        // CNS 02h, ids above `after`
    static NvmeQuery allocated_namespaces(std::uint32_t after);       // CNS 10h
    static NvmeQuery controllers_of_subsystem();                      // CNS 13h, from 0
    /// Get Log Page, with RAE, so that no event is taken from another reader.
    static NvmeQuery health_log();    // LID 02h, 512 bytes
    static NvmeQuery sanitize_log();  // LID 81h, 512 bytes

    const NvmeEntry& entry() const { return entry_; }
    std::size_t answer_size() const { return answer_size_; }

  private:
    NvmeQuery(std::uint8_t opcode, std::uint32_t nsid, std::uint32_t dword10, std::uint32_t dword11,
              std::size_t answer_size);
    NvmeEntry entry_{};
    std::size_t answer_size_;
};

/// A command that changes the drive. Without data.
struct NvmeCommand {
    NvmeEntry entry{};
    Blast blast{Blast::subsystem};
    std::chrono::milliseconds timeout{};  ///< After it the kernel resets the controller.
};

/// What the drive answered: SCT<<8|SC (4000h: do not retry), 0 for success; see
/// drivers/nvme/wire.h for names.
struct NvmeCompletion {
    std::uint32_t status{0};
    std::uint64_t result{0};
};

}  // namespace quietus

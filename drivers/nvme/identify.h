#pragma once
// What an NVMe drive says of itself, asked through one descriptor and decoded.

#include <span>

#include "device/nvme.h"
#include "host/host.h"

namespace quietus::drivers::nvme {

/// Decodes Identify Controller into `facts`; false where there are too few bytes. Never trusts a
/// length or count of the drive.
bool decode_controller(std::span<const std::byte> data, NvmeFacts& facts);

/// Decodes Identify Namespace; `id` and `attached` are the caller's.
NvmeNamespace decode_namespace(std::span<const std::byte> data, std::uint32_t id, bool attached);

/// A list of namespace ids: ends at the first zero; at most 1024.
std::vector<std::uint32_t> decode_namespace_list(std::span<const std::byte> data);

/// Asks the drive everything that plan, guards and records need. `own_namespace`: NSID of the node.
/// May hang; call in a worker. A failure: the drive does not answer Identify Controller.
Result<NvmeFacts> read_facts(ReadHandle& handle, std::uint32_t own_namespace);

/// Is the drive behind this very descriptor the one that `facts` speak of? bad_evidence says what
/// differs.
Result<void> confirm_controller(ReadHandle& handle, const NvmeFacts& facts);

/// Are namespaces and controllers of the subsystem still those that the guards were asked about?
/// `refused` says that they changed.
Result<void> confirm_reach(ReadHandle& handle, const NvmeFacts& facts);

}  // namespace quietus::drivers::nvme

#include "host/host.h"

namespace quietus {

Result<NvmeCompletion> ReadHandle::nvme_query(const NvmeQuery& /*query*/,
                                              std::span<std::byte> /*out*/) {
    return failure(ErrorCode::unsupported, "this device takes no NVMe commands");
}

Result<NvmeCompletion> WriteHandle::nvme_command(const NvmeCommand& /*command*/) {
    return failure(ErrorCode::unsupported, "this device takes no NVMe commands");
}

}  // namespace quietus

#include "host/linux_nvme.h"

#include <cerrno>

#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>

#include "base/bytes.h"
#include "base/endian.h"

namespace quietus {

Result<NvmeCompletion> nvme_admin(int fd, const std::string& node, const NvmeEntry& entry,
                                  std::span<std::byte> data, std::chrono::milliseconds timeout) {
    nvme_passthru_cmd command{};
    command.opcode = static_cast<std::uint8_t>(entry[0]);
    command.nsid = little32(entry, 4);
    command.cdw2 = little32(entry, 8);
    command.cdw3 = little32(entry, 12);
    command.addr = reinterpret_cast<std::uintptr_t>(data.data());
    command.data_len = static_cast<std::uint32_t>(data.size());
    command.cdw10 = little32(entry, 40);
    command.cdw11 = little32(entry, 44);
    command.cdw12 = little32(entry, 48);
    command.cdw13 = little32(entry, 52);
    command.cdw14 = little32(entry, 56);
    command.cdw15 = little32(entry, 60);
    command.timeout_ms = static_cast<std::uint32_t>(timeout.count());
    const int status = ::ioctl(fd, NVME_IOCTL_ADMIN_CMD, &command);
    if (status < 0) return sys_failure("NVMe admin command to " + printable_text(node), errno);
    return NvmeCompletion{.status = static_cast<std::uint32_t>(status), .result = command.result};
}

}  // namespace quietus

#include "drive.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>

#include <linux/loop.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

namespace quietus::nvme_trap {
namespace {

namespace nvme = test::nvme;

constexpr std::uint32_t kDefaultTimeoutMs = 60'000;  // nvme_core.admin_timeout
constexpr std::uint32_t kTransferMax = 4U << 20U;

// Both layouts are one up to and with timeout_ms; the result is 32 bits there, 64 here.
nvme_passthru_cmd64 widened(const nvme_passthru_cmd& narrow) {
    nvme_passthru_cmd64 wide{};
    wide.opcode = narrow.opcode;
    wide.flags = narrow.flags;
    wide.nsid = narrow.nsid;
    wide.cdw2 = narrow.cdw2;
    wide.cdw3 = narrow.cdw3;
    wide.metadata = narrow.metadata;
    wide.addr = narrow.addr;
    wide.metadata_len = narrow.metadata_len;
    wide.data_len = narrow.data_len;
    wide.cdw10 = narrow.cdw10;
    wide.cdw11 = narrow.cdw11;
    wide.cdw12 = narrow.cdw12;
    wide.cdw13 = narrow.cdw13;
    wide.cdw14 = narrow.cdw14;
    wide.cdw15 = narrow.cdw15;
    wide.timeout_ms = narrow.timeout_ms;
    return wide;
}

std::array<std::byte, 64> queue_entry(const nvme_passthru_cmd64& command) {
    std::array<std::byte, 64> out{};
    nvme::put(out, 0, command.opcode, 1);
    nvme::put(out, 1, command.flags, 1);
    nvme::put(out, 4, command.nsid, 4);
    nvme::put(out, 8, command.cdw2, 4);
    nvme::put(out, 12, command.cdw3, 4);
    const std::array<std::uint32_t, 6> dwords{command.cdw10, command.cdw11, command.cdw12,
                                              command.cdw13, command.cdw14, command.cdw15};
    for (std::size_t i = 0; i < dwords.size(); ++i) nvme::put(out, 40 + 4 * i, dwords.at(i), 4);
    return out;
}

bool is_wide(const Asked& asked) {
    return asked.request == static_cast<std::uint32_t>(NVME_IOCTL_ADMIN64_CMD);
}

std::optional<nvme_passthru_cmd64> read_command(const Asked& asked) {
    nvme_passthru_cmd64 wide{};
    nvme_passthru_cmd narrow{};
    if (is_wide(asked)) {
        if (!read_memory(asked.task, asked.argument, &wide, sizeof wide)) return std::nullopt;
        return wide;
    }
    if (!read_memory(asked.task, asked.argument, &narrow, sizeof narrow)) return std::nullopt;
    return widened(narrow);
}

}  // namespace

std::vector<std::uint32_t> requests_of_interest() {
    return {static_cast<std::uint32_t>(NVME_IOCTL_ID),
            static_cast<std::uint32_t>(NVME_IOCTL_ADMIN_CMD),
            static_cast<std::uint32_t>(NVME_IOCTL_ADMIN64_CMD),
            static_cast<std::uint32_t>(NVME_IOCTL_RESET),
            static_cast<std::uint32_t>(NVME_IOCTL_RESCAN),
            LOOP_GET_STATUS,
            LOOP_GET_STATUS64};
}

bool DeviceMedium::read(std::uint64_t offset, std::span<std::byte> into) const {
    const auto open = nvme::FileMedium::open(path_);
    return open && open->read(offset, into);
}

bool DeviceMedium::write(std::uint64_t offset, std::span<const std::byte> bytes) {
    const auto open = nvme::FileMedium::open(path_);
    return open && open->write(offset, bytes);
}

bool DeviceMedium::flush() {
    const auto open = nvme::FileMedium::open(path_);
    return open && open->flush();
}

bool Drive::is_ours(const Asked& asked) const {
    const std::string path =
        "/proc/" + std::to_string(asked.task) + "/fd/" + std::to_string(asked.descriptor);
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 && S_ISBLK(facts.st_mode) && facts.st_rdev == device_;
}

void Drive::take(int listener, const Asked& asked) {
    if (!is_ours(asked)) {
        let_through(listener, asked);
        return;
    }
    switch (asked.request) {
        case static_cast<std::uint32_t>(NVME_IOCTL_ID):
            answer(listener, asked, 1);
            return;
        case static_cast<std::uint32_t>(NVME_IOCTL_RESET):
            model_->reset_controller();
            answer(listener, asked, 0);
            return;
        case static_cast<std::uint32_t>(NVME_IOCTL_RESCAN):
            answer(listener, asked, 0);
            return;
        case LOOP_GET_STATUS:
        case LOOP_GET_STATUS64:
            hides_loop_ ? answer(listener, asked, -ENOTTY) : let_through(listener, asked);
            return;
        default:
            if (const auto value = admin(listener, asked)) answer(listener, asked, *value);
    }
}

// Nothing: it is answered later, or nobody waits for it any more.
std::optional<std::int64_t> Drive::admin(int listener, const Asked& asked) {
    const auto command = read_command(asked);
    if (!command) return -EFAULT;
    const bool to_drive = (command->opcode & 1U) != 0;
    const bool to_host = (command->opcode & 2U) != 0;
    const std::uint32_t bytes = command->addr == 0 ? 0 : command->data_len;
    if (bytes > kTransferMax) return -EINVAL;
    Slow done{.asked = asked, .data = std::vector<std::byte>(bytes)};
    if (to_drive && !read_memory(asked.task, command->addr, done.data.data(), bytes)) {
        return -EFAULT;
    }
    if (!is_waiting(listener, asked)) return std::nullopt;

    const nvme::Completion completion = model_->admin(0, queue_entry(*command), done.data);
    if (completion.answer == nvme::Answer::gone) return -ENODEV;
    // The driver keeps its event requests to itself; this one is never answered.
    if (completion.answer == nvme::Answer::held) return -EINTR;
    if (!to_host || completion.status != 0) done.data.clear();
    done.value = completion.status;
    done.result = completion.dw0;
    if (completion.takes.count() == 0) return deliver(done);

    const std::uint64_t patience =
        command->timeout_ms == 0 ? kDefaultTimeoutMs : command->timeout_ms;
    const auto takes = static_cast<std::uint64_t>(completion.takes.count());
    done.is_cancelled = takes > patience;
    done.due = model_->seen().now_ms + std::min(takes, patience);
    slow_.push_back(std::move(done));
    return std::nullopt;
}

std::int64_t Drive::deliver(const Slow& done) const {
    const auto command = read_command(done.asked);
    const std::uint64_t at =
        done.asked.argument + (is_wide(done.asked) ? offsetof(nvme_passthru_cmd64, result)
                                                   : offsetof(nvme_passthru_cmd, result));
    const std::uint64_t result = done.result;
    const std::size_t size = is_wide(done.asked) ? sizeof(std::uint64_t) : sizeof(std::uint32_t);
    const bool good =
        command &&
        write_memory(done.asked.task, command->addr, done.data.data(), done.data.size()) &&
        write_memory(done.asked.task, at, &result, size);
    return good ? done.value : -EFAULT;
}

void Drive::tick(int listener) {
    model_->look_at_clock();
    const std::uint64_t now = model_->seen().now_ms;
    const auto is_due = [now](const Slow& each) { return each.due <= now; };
    for (const Slow& each : slow_) {
        if (!is_due(each)) continue;
        if (!is_waiting(listener, each.asked)) continue;
        if (each.is_cancelled) model_->reset_controller();
        const std::int64_t value = model_->present() ? deliver(each) : -ENODEV;
        answer(listener, each.asked, each.is_cancelled ? -EINTR : value);
    }
    std::erase_if(slow_, is_due);
}

}  // namespace quietus::nvme_trap

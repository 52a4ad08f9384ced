// The device model: what a host may read and write, and what it gets to see.

#include <algorithm>
#include <array>

#include "support/nvme_model.h"

namespace quietus::test::nvme {
namespace {

std::uint16_t final(std::uint16_t code) {
    return static_cast<std::uint16_t>(code | status::kDoNotRetry);
}

}  // namespace

std::uint32_t Model::lba_size(std::uint32_t nsid) const {
    return state().spaces.at(nsid - 1).lba_format == 0 ? 512 : 4096;
}

std::uint64_t Model::lba_count(std::uint32_t nsid) const {
    return state().spaces.at(nsid - 1).capacity / lba_size(nsid);
}

NamespaceState* Model::attached_space(unsigned controller, std::uint32_t nsid) const {
    if (nsid == 0 || nsid > specs_.size()) return nullptr;
    NamespaceState& space = state().spaces[nsid - 1];
    const bool is_attached = (space.attached_to >> controller & 1U) != 0;
    return space.allocated != 0 && is_attached ? &space : nullptr;
}

// Sanitize clause of Base 2.0 (8.21): in progress, and after a failure until somebody recovered,
// every media command is aborted; Flush is not.
std::uint16_t Model::media_status(bool is_write) const {
    switch (state().sanitize.step) {
        case SanitizeStep::idle:
            return 0;
        case SanitizeStep::restricted_processing:
        case SanitizeStep::unrestricted_processing:
        case SanitizeStep::post_verification_deallocation:
            return status::kSanitizeInProgress;
        case SanitizeStep::restricted_failure:
        case SanitizeStep::unrestricted_failure:
            return final(status::kSanitizeFailed);
        case SanitizeStep::media_verification:
            return is_write ? status::kSanitizeInProgress : status::kSuccess;
    }
    return 0;
}

Model::Where Model::locate(unsigned controller, std::uint32_t nsid, std::uint64_t lba,
                           std::uint64_t bytes, bool is_write) const {
    NamespaceState* space = attached_space(controller, nsid);
    if (space == nullptr) return {.status = final(status::kInvalidNamespace)};
    if (const std::uint16_t no = media_status(is_write); no != 0) return {.status = no};
    if (space->format == FormatState::in_progress) return {.status = status::kFormatInProgress};
    // Our choice: the standard asks only that Format be repeated.
    if (space->format == FormatState::failed) return {.status = final(status::kNamespaceNotReady)};
    if (is_write && space->protection != 0) return {.status = final(status::kWriteProtected)};
    const std::uint64_t size = lba_size(nsid);
    if (bytes % size != 0) return {.status = final(status::kInvalidField)};
    if (lba > lba_count(nsid) || bytes / size > lba_count(nsid) - lba) {
        return {.status = final(status::kLbaOutOfRange)};
    }
    return {.space = space, .offset = lba * size, .length = bytes, .status = 0};
}

std::uint16_t Model::read(std::uint32_t nsid, std::uint64_t lba, std::span<std::byte> into,
                          unsigned controller) {
    sync_clock();
    const Where where = locate(controller, nsid, lba, into.size(), /*is_write=*/false);
    if (where.status != 0) return where.status;
    const std::span<UnitState> states = units(nsid - 1);
    const auto unwritten = (personality.dlfeat & 7U) == 2 ? std::byte{0xff} : std::byte{0};
    const std::uint64_t all = medium_bytes(nsid - 1);
    for (std::uint64_t done = 0; done < into.size();) {
        // As far as the units are in one state.
        const std::uint64_t at = (where.offset + done) % all;
        const auto run = states.subspan(at / kUnit, std::min(all - at, into.size() - done) / kUnit);
        const auto other =
            std::ranges::find_if(run, [&](UnitState each) { return each != run.front(); });
        const auto part =
            into.subspan(done, kUnit * static_cast<std::uint64_t>(other - run.begin()));
        done += part.size();
        switch (states[at / kUnit]) {
            case UnitState::mapped:
                if (!media_[nsid - 1]->read(at, part)) return status::kUnrecoveredRead;
                break;
            case UnitState::deallocated:
                std::ranges::fill(part, unwritten);
                break;
            case UnitState::unreadable:
                return final(status::kUnrecoveredRead);
        }
    }
    return 0;
}

std::uint16_t Model::write_bytes(const Where& where, std::span<const std::byte> bytes) {
    const auto index = static_cast<std::size_t>(where.space - state().spaces.data());
    const std::span<UnitState> states = units(index);
    const std::uint64_t all = medium_bytes(index);
    state().sanitize.data_erased = 0;
    for (std::uint64_t done = 0; done < bytes.size();) {
        const std::uint64_t at = (where.offset + done) % all;
        const auto part = bytes.subspan(done, std::min(all - at, bytes.size() - done));
        if (!media_[index]->write(at, part)) return status::kInternal;
        std::ranges::fill(states.subspan(at / kUnit, part.size() / kUnit), UnitState::mapped);
        done += part.size();
    }
    return 0;
}

std::uint16_t Model::write(std::uint32_t nsid, std::uint64_t lba, std::span<const std::byte> bytes,
                           unsigned controller) {
    sync_clock();
    const Where where = locate(controller, nsid, lba, bytes.size(), /*is_write=*/true);
    return where.status != 0 ? where.status : write_bytes(where, bytes);
}

std::uint16_t Model::write_zeroes(std::uint32_t nsid, std::uint64_t lba, std::uint64_t count,
                                  unsigned controller, bool deallocate) {
    if (deallocate && (personality.dlfeat & 8U) != 0) {
        return this->deallocate(nsid, lba, count, controller);
    }
    sync_clock();
    if (nsid == 0 || nsid > specs_.size()) return final(status::kInvalidNamespace);
    const std::uint64_t bytes = count * lba_size(nsid);
    Where where = locate(controller, nsid, lba, bytes, /*is_write=*/true);
    if (where.status != 0) return where.status;
    constexpr std::array<std::byte, kUnit> kZeros{};
    for (std::uint64_t done = 0; done < bytes; done += kUnit, where.offset += kUnit) {
        if (const auto no = write_bytes(where, kZeros); no != 0) return no;
    }
    return 0;
}

void Model::deallocate_units(std::size_t index, std::uint64_t offset, std::uint64_t bytes) {
    std::ranges::fill(units(index).subspan(offset / kUnit, bytes / kUnit), UnitState::deallocated);
    if (!host_reads_media_) return;
    std::array<std::byte, 128 * kUnit> reads_as{};
    if ((personality.dlfeat & 7U) == 2) reads_as.fill(std::byte{0xff});
    for (std::uint64_t done = 0; done < bytes; done += reads_as.size()) {
        const auto part = std::span{reads_as}.first(std::min(reads_as.size(), bytes - done));
        static_cast<void>(media_[index]->write(offset + done, part));
    }
}

std::uint16_t Model::deallocate(std::uint32_t nsid, std::uint64_t lba, std::uint64_t count,
                                unsigned controller) {
    sync_clock();
    if (nsid == 0 || nsid > specs_.size()) return final(status::kInvalidNamespace);
    const std::uint64_t bytes = count * lba_size(nsid);
    const Where where = locate(controller, nsid, lba, bytes, /*is_write=*/true);
    if (where.status != 0) return where.status;
    for (std::uint64_t done = 0; done < bytes; done += kUnit) {
        deallocate_units(nsid - 1, (where.offset + done) % medium_bytes(nsid - 1), kUnit);
    }
    return 0;
}

std::uint16_t Model::flush(std::uint32_t nsid, unsigned controller) {
    sync_clock();
    if (nsid != kEveryNamespace && attached_space(controller, nsid) == nullptr) {
        return final(status::kInvalidNamespace);
    }
    for (std::size_t i = 0; i < media_.size(); ++i) {
        if (nsid != kEveryNamespace && nsid != i + 1) continue;
        if (!media_[i]->flush()) return status::kInternal;
    }
    return 0;
}

Completion Model::io(unsigned controller, std::span<const std::byte, 64> sqe,
                     std::span<std::byte> data) {
    const Command command{sqe};
    if (!present()) return {.answer = Answer::gone};
    const std::uint64_t lba = get(sqe, 40, 8);
    const std::uint64_t count = field(command.dword(12), 15, 0) + 1;
    const std::uint32_t nsid = command.nsid();
    switch (command.opcode()) {
        case io_opcode::kFlush:
            return {.status = flush(nsid, controller)};
        case io_opcode::kRead:
        case io_opcode::kWrite: {
            if (attached_space(controller, nsid) == nullptr) {
                return {.status = final(status::kInvalidNamespace)};
            }
            const std::uint64_t bytes = count * lba_size(nsid);
            if (bytes > data.size()) return {.status = final(status::kInvalidField)};
            const auto part = data.first(bytes);
            return {.status = command.opcode() == io_opcode::kRead
                                  ? read(nsid, lba, part, controller)
                                  : write(nsid, lba, part, controller)};
        }
        case io_opcode::kWriteZeroes:
            return {.status = write_zeroes(nsid, lba, count, controller,
                                           field(command.dword(12), 25, 25) != 0)};
        case io_opcode::kDatasetManagement: {
            if (field(command.dword(11), 2, 2) == 0) return {};  // Hints alone.
            const std::size_t ranges = field(command.dword(10), 7, 0) + 1;
            if (data.size() < ranges * 16) return {.status = final(status::kInvalidField)};
            for (std::size_t i = 0; i < ranges; ++i) {
                const auto no =
                    deallocate(nsid, get(data, 16 * i + 8, 8), get32(data, 16 * i + 4), controller);
                if (no != 0) return {.status = no};
            }
            return {};
        }
        default:
            return {.status = final(status::kInvalidOpcode)};
    }
}

}  // namespace quietus::test::nvme

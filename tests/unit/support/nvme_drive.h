#pragma once
// For tests of the NVMe device model: a drive of three namespaces (one shown, one hidden, one that
// is unallocated capacity), full of old data, and commands built byte by byte.

#include <algorithm>
#include <array>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "support/nvme_model.h"

namespace quietus::test::nvme {

inline constexpr std::uint64_t kSpaceBytes = 64 * 1024;
inline constexpr std::byte kOldData{0xd5};

/// CDW10 of Sanitize: actions, and what may be added to them.
inline constexpr std::uint32_t kBlockErase = 2;
inline constexpr std::uint32_t kOverwrite = 3;
inline constexpr std::uint32_t kCryptoErase = 4;
inline constexpr std::uint32_t kUnrestricted = 1U << 3U;
inline constexpr std::uint32_t kInvert = 1U << 8U;
inline constexpr std::uint32_t kNoDeallocate = 1U << 9U;
inline constexpr std::uint32_t kVerify = 1U << 10U;

inline Personality a_drive_that(void (*change)(Personality&)) {
    Personality drive;
    change(drive);
    return drive;
}

/// The drive that is called so.
inline Personality named(std::string_view name) {
    const auto found = personality(name);
    EXPECT_TRUE(found.has_value()) << name;
    return found.value_or(Personality{});
}

using Sqe = std::array<std::byte, 64>;

/// Byte 0 opcode, 4-7 NSID, 40-43 CDW10, 44-47 CDW11, each as the standard lays them out.
inline Sqe sqe(unsigned opcode, std::uint32_t nsid, std::initializer_list<std::uint32_t> dwords) {
    Sqe out{};
    const auto put_dword = [&out](std::size_t at, std::uint32_t value) {
        for (std::size_t i = 0; i < 4; ++i) {
            out[at + i] = static_cast<std::byte>(value >> 8 * i & 0xff);
        }
    };
    out[0] = static_cast<std::byte>(opcode);
    put_dword(4, nsid);
    std::size_t at = 40;
    for (const std::uint32_t dword : dwords) {
        put_dword(at, dword);
        at += 4;
    }
    return out;
}

/// Sixteen bytes of it: random remains do not look like it.
inline bool holds_old_data(std::span<const std::byte> bytes) {
    return std::search_n(bytes.begin(), bytes.end(), 16, kOldData) != bytes.end();
}

class Drive {
  public:
    explicit Drive(Personality personality = {}, unsigned controllers = 1) {
        ModelOptions options;
        options.personality = std::move(personality);
        options.controllers = controllers;
        add(options, true, ~0U);
        add(options, true, 0);
        add(options, false, 0);
        std::string why;
        model_ = Model::make(std::move(options), why);
        if (!model_) ADD_FAILURE() << why;
    }

    Model& model() { return *model_; }
    Model* operator->() { return model_.get(); }
    std::span<std::byte> medium(std::size_t nsid) { return media_[nsid - 1]->content(); }
    bool keeps_data(std::size_t nsid) { return holds_old_data(medium(nsid)); }

    std::uint16_t admin(const Sqe& command, std::span<std::byte> data = {},
                        unsigned controller = 0) {
        last_ = model_->run(controller, command, data);
        return last_.status;
    }
    const Completion& last() const { return last_; }
    std::uint16_t sanitize(std::uint32_t cdw10, std::uint32_t pattern = 0) {
        return admin(sqe(0x84, 0, {cdw10, pattern}));
    }
    std::uint16_t format(std::uint32_t nsid, std::uint32_t cdw10) {
        return admin(sqe(0x80, nsid, {cdw10}));
    }
    std::array<std::byte, 4096> identify(std::uint32_t cns, std::uint32_t nsid = 0,
                                         unsigned controller = 0) {
        std::array<std::byte, 4096> page{};
        admin(sqe(0x06, nsid, {cns}), page, controller);
        return page;
    }
    std::array<std::byte, 512> log(std::uint32_t id, std::uint32_t rae = 0) {
        std::array<std::byte, 512> page{};
        admin(sqe(0x02, 0xffffffff, {127U << 16U | rae << 15U | id}), page);
        return page;
    }
    unsigned sstat() { return get16(log(0x81), 2); }
    unsigned sprog() { return get16(log(0x81), 0); }

    std::uint16_t read(std::uint64_t lba, std::span<std::byte> into) {
        return model_->read(1, lba, into);
    }
    std::uint16_t read_status() {
        std::array<std::byte, 512> sector{};
        return read(0, sector);
    }
    std::uint16_t write_one(std::byte value) {
        std::array<std::byte, 512> sector{};
        sector.fill(value);
        return model_->write(1, 0, sector);
    }

  private:
    void add(ModelOptions& options, bool allocated, unsigned attached_to) {
        auto medium = std::make_unique<MemoryMedium>(kSpaceBytes);
        std::ranges::fill(medium->content(), kOldData);
        media_.push_back(medium.get());
        options.namespaces.push_back(
            {.medium = std::move(medium), .allocated = allocated, .attached_to = attached_to});
    }

    std::vector<MemoryMedium*> media_;
    std::unique_ptr<Model> model_;
    Completion last_{};
};

}  // namespace quietus::test::nvme

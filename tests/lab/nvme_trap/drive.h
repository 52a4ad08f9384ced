#pragma once
// The ioctls of one block device, answered by the device model as Linux' NVMe driver would.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "listener.h"
#include "support/nvme_model.h"

namespace quietus::nvme_trap {

/// Those that have to be held up.
std::vector<std::uint32_t> requests_of_interest();

/// The device as a medium. It is open only while it is read or written: a program that looks who
/// has its drive open does not find us.
class DeviceMedium : public test::nvme::Medium {
  public:
    DeviceMedium(std::string path, std::uint64_t size) : path_{std::move(path)}, size_{size} {}

    std::uint64_t size() const override { return size_; }
    bool read(std::uint64_t offset, std::span<std::byte> into) const override;
    bool write(std::uint64_t offset, std::span<const std::byte> bytes) override;
    bool flush() override;

  private:
    std::string path_;
    std::uint64_t size_;
};

class Drive {
  public:
    /// `hides_loop`: the device does not know that it is a loop device.
    Drive(std::unique_ptr<test::nvme::Model> model, dev_t device, bool hides_loop)
        : model_{std::move(model)}, device_{device}, hides_loop_{hides_loop} {}

    test::nvme::Model& model() { return *model_; }
    /// Answers, or keeps for later what takes its time.
    void take(int listener, const Asked& asked);
    /// Answers what has become due.
    void tick(int listener);
    bool has_slow() const { return !slow_.empty(); }

  private:
    struct Slow {
        Asked asked;
        std::uint64_t due{0};
        std::int64_t value{0};
        bool is_cancelled{false};  ///< The driver lost its patience and resets the controller.
        std::uint32_t result{0};
        std::vector<std::byte> data;
    };

    bool is_ours(const Asked& asked) const;
    std::optional<std::int64_t> admin(int listener, const Asked& asked);
    std::int64_t deliver(const Slow& done) const;

    std::unique_ptr<test::nvme::Model> model_;
    dev_t device_;
    bool hides_loop_;
    std::vector<Slow> slow_;
};

}  // namespace quietus::nvme_trap

#pragma once
// What the connections of the target share: the device model, which of its controllers have a host,
// and the registers that NVMe over Fabrics calls properties.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "support/nvme_model.h"

namespace quietus::nvme_target {

namespace nvme = test::nvme;

/// What a fabrics command is answered with; `dw` are both result dwords.
struct FabricsAnswer {
    std::uint16_t status{0};
    std::uint64_t dw{0};
};

/// Which queue of which controller a connection has become.
struct Queue {
    unsigned controller{0};
    std::uint16_t number{0};  ///< 0: the admin queue.
    std::uint16_t size{128};
};

class Subsystem {
  public:
    explicit Subsystem(std::unique_ptr<nvme::Model> model)
        : model_{std::move(model)}, resets_seen_{model_->resets()} {}

    nvme::Model& model() { return *model_; }

    /// Fabrics Connect. On success `queue` says what the connection is from now on.
    FabricsAnswer connect(const nvme::Command& command, std::span<const std::byte> data,
                          std::optional<Queue>& queue);
    FabricsAnswer get_property(unsigned controller, const nvme::Command& command) const;
    FabricsAnswer set_property(unsigned controller, const nvme::Command& command);
    /// The admin connection is gone, and with it the association.
    void disconnected(unsigned controller);
    /// True once after the drive reset itself, lost power or vanished: every host loses it.
    bool has_been_reset();

  private:
    struct Controller {
        bool has_host{false};
        std::uint32_t configuration{0};
        std::uint32_t status{0};
    };

    std::unique_ptr<nvme::Model> model_;
    std::array<Controller, nvme::kControllersMax> controllers_{};
    std::uint64_t resets_seen_;
    bool was_present_{true};
};

}  // namespace quietus::nvme_target

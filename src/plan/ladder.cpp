#include "plan/ladder.h"

#include <algorithm>

#include "base/result.h"

namespace quietus {

namespace {

bool offers(const NvmeSanitizeSupport& support, DeviceCommand command) {
    switch (command) {
        case DeviceCommand::nvme_sanitize_block:
            return support.block;
        case DeviceCommand::nvme_sanitize_crypto:
            return support.crypto;
        case DeviceCommand::nvme_sanitize_overwrite:
            return support.overwrite;
    }
    return false;
}

std::optional<std::string> obstacle_to_commands(const Technique& technique,
                                                const DeviceSnapshot& target) {
    if (target.transport != Transport::nvme) return "it is a command of NVMe drives";
    if (target.is_partition) return "it is a command to a whole drive";
    if (!target.nvme) return "the drive's controller did not answer what it can do";
    for (const DeviceCommand command : technique.commands) {
        if (!offers(target.nvme->sanitize, command))
            return "the drive does not offer it (SANICAP): " + to_string(command);
    }
    return std::nullopt;
}

std::optional<std::string> obstacle_to_overwriting(const DeviceSnapshot& target) {
    if (target.geometry.zones == ZoneModel::host_managed)
        return "its zones must be written in order (host-managed)";
    if (target.geometry.logical_sector == 0) return "its sector size is not known";
    return std::nullopt;
}

struct Row {
    std::string_view technique;
    std::string_view why;
};

// The order is ours ("quietus policy v1"), from what public sources say each does.
constexpr Row kRows[] = {
    {"nvme-sanitize-crypto-block",
     "the drive changes its key, then erases its flash, spare and retired blocks included: either "
     "makes up for a fault of the other"},
    {"nvme-sanitize-block",
     "the drive erases its flash, over-provisioned and retired blocks included"},
    {"nvme-sanitize-overwrite",
     "the drive overwrites all of its medium, places that hosts cannot address included; slower "
     "than block erase, and it wears flash"},
    {"nvme-sanitize-crypto",
     "the drive changes its key; alone it counts as clear, because nobody here knows that nothing "
     "was ever written in plain text and that no copy of the key is left"},
    {"random", "overwriting through the host reaches what a host can address"},
};

}  // namespace

std::optional<std::string> obstacle_to(const Technique& technique, const DeviceSnapshot& target) {
    return is_device_technique(technique) ? obstacle_to_commands(technique, target)
                                          : obstacle_to_overwriting(target);
}

std::vector<Rung> ladder(const DeviceSnapshot& target) {
    std::vector<Rung> rungs;
    for (const Row& row : kRows) {
        const auto technique = find_technique(row.technique);
        QUIETUS_CHECK(technique.has_value());
        if (is_device_technique(*technique) && target.transport != Transport::nvme) continue;
        auto obstacle = obstacle_to(*technique, target);
        if (obstacle)
            rungs.push_back({std::string{row.technique}, std::nullopt, std::move(*obstacle)});
        else
            rungs.push_back({std::string{row.technique}, technique->level, std::string{row.why}});
    }
    // Host overwriting before a change of key alone: both are clear, and what was overwritten can
    // be read back.
    std::stable_sort(rungs.begin(), rungs.end(), [](const Rung& a, const Rung& b) {
        const auto rank = [](const Rung& rung) {
            if (!rung.level) return 3;
            if (*rung.level == Level::purge) return 0;
            return rung.technique == "random" ? 1 : 2;
        };
        return rank(a) < rank(b);
    });
    return rungs;
}

std::optional<Rung> chosen_rung(const DeviceSnapshot& target, const Goal& goal) {
    for (Rung& rung : ladder(target)) {
        if (!rung.level) continue;
        if (!goal.level || *goal.level == *rung.level) return std::move(rung);
    }
    return std::nullopt;
}

}  // namespace quietus

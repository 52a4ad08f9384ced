#include "engine/take.h"

#include <memory>
#include <vector>

#include "base/log.h"
#include "base/memory.h"
#include "discovery/discovery.h"
#include "drivers/nvme/identify.h"

namespace quietus::engine {

namespace {

std::vector<Objection> objections_of(const Error& error, const std::string& rule) {
    return {Objection{.rule = rule,
                      .severity = Severity::stop,
                      .status = exit_status_of(error),
                      .what = error.message,
                      .remedy = error.hint}};
}

Result<void> compare_facts(const HandleFacts& facts, const DeviceSnapshot& approved) {
    const auto differs = [&](const std::string& what) {
        return failure(ErrorCode::bad_evidence,
                       approved.path + ": " + what + " since the plan was made",
                       "run quietus plan again and look at what changed");
    };
    if (facts.number != approved.number)
        return differs("is another device (" + to_string(facts.number) + ")");
    if (facts.size != approved.geometry.size)
        return differs("changed its size to " + std::to_string(facts.size.bytes) + " bytes");
    if (facts.logical_sector != approved.geometry.logical_sector)
        return differs("changed its sector size");
    if (facts.disk_sequence && approved.identity.disk_sequence &&
        facts.disk_sequence != approved.identity.disk_sequence)
        return differs("had its medium changed");
    if (facts.backing != approved.identity.backing) return differs("was bound to another file");
    if (facts.read_only)
        return failure(ErrorCode::refused, approved.path + ": read-only",
                       "blockdev --setrw, or the drive's write-protect switch");
    return {};
}

// Everything the guards ask, asked again now that nobody else can open the drive exclusively.
tl::expected<DeviceSnapshot, std::vector<Objection>> look_again(
    Host& host, const guard::ApprovedPlan& plan, const std::vector<int>& own_processes) {
    const DeviceSnapshot& approved = plan.permit().target();
    auto seen = discovery::inspect_drive(host, {approved.path, approved.number},
                                         {.ignore_processes = own_processes,
                                          .probe_signatures = true,
                                          .patience = discovery::kBriefOpenPatience});
    if (!seen) return tl::unexpected{objections_of(seen.error(), "inspect")};
    const guard::Review review = guard::review({.plan = plan.plan(),
                                                .now = *seen,
                                                .consent = plan.consent(),
                                                .all_targets = plan.all_targets(),
                                                .protected_places = plan.protected_places()});
    if (!review.objections.empty()) return tl::unexpected{review.objections};
    return std::move(*seen);
}

}  // namespace

TakenDrive::TakenDrive(guard::ApprovedPlan plan, std::unique_ptr<WriteHandle> handle,
                       DeviceSnapshot seen)
    : plan_{std::move(plan)}, handle_{std::move(handle)}, seen_{std::move(seen)} {}

TakenDrive::TakenDrive(TakenDrive&& other) noexcept
    : plan_{std::move(other.plan_)},
      handle_{std::move(other.handle_)},
      seen_{std::move(other.seen_)},
      removed_{std::exchange(other.removed_, {})} {}

TakenDrive::~TakenDrive() {
    for (const Partition& partition : removed_) {
        if (const auto restored = handle_->restore_partition(partition); !restored)
            log::warning(restored.error().message);
    }
}

void TakenDrive::abandon() {
    removed_.clear();
    // Kept open for as long as the process is there.
    keep_for_ever(std::move(handle_));
}

Result<void> TakenDrive::confirm_identity() {
    const DeviceSnapshot& approved = plan_.permit().target();
    QUIETUS_TRY(compare_facts(QUIETUS_TRY(handle_->facts()), approved));
    // The node is the same; is the drive?
    if (approved.nvme)
        QUIETUS_TRY_CONTEXT(drivers::nvme::confirm_controller(*handle_, *approved.nvme),
                            approved.path);
    return {};
}

Result<void> TakenDrive::remove_partitions() {
    for (const Partition& partition : seen_.partitions) {
        if (auto removed = handle_->remove_partition(partition); !removed) {
            Error error = std::move(removed).error();
            if (error.code == ErrorCode::busy)
                error = Error{.code = ErrorCode::refused,
                              .message = "/dev/" + partition.name +
                                         ": held by something that shows nowhere else",
                              .sys_errno = error.sys_errno,
                              .hint =
                                  "a lazily unmounted filesystem or another program holds it: stop "
                                  "it, or reboot"};
            return tl::unexpected{std::move(error)};
        }
        removed_.push_back(partition);
    }
    return handle_->drop_cache();
}

tl::expected<TakenDrive, std::vector<Objection>> take(Host& host, guard::ApprovedPlan plan,
                                                      const std::vector<int>& own_processes) {
    auto handle =
        host.open_writable(plan.permit(), static_cast<int>(discovery::kLockPatience.count()));
    if (!handle)
        return tl::unexpected{objections_of(
            handle.error(), handle.error().code == ErrorCode::refused ? "exclusive" : "take")};
    const auto facts = (*handle)->facts();
    if (!facts) return tl::unexpected{objections_of(facts.error(), "take")};
    if (const auto same = compare_facts(*facts, plan.permit().target()); !same)
        return tl::unexpected{objections_of(same.error(), "identity-changed")};
    // The node is the same; is the drive behind this very descriptor?
    if (const auto& controller = plan.permit().target().nvme) {
        if (const auto same = drivers::nvme::confirm_controller(**handle, *controller); !same)
            return tl::unexpected{objections_of(same.error(), "nvme-identity")};
    }
    auto seen = look_again(host, plan, own_processes);
    if (!seen) return tl::unexpected{seen.error()};

    TakenDrive drive{std::move(plan), std::move(*handle), std::move(*seen)};
    if (drive.seen_.partitions.empty()) {
        if (const auto dropped = drive.handle_->drop_cache(); !dropped)
            return tl::unexpected{objections_of(dropped.error(), "take")};
        return drive;
    }
    if (const auto removed = drive.remove_partitions(); !removed)
        return tl::unexpected{objections_of(
            removed.error(), removed.error().code == ErrorCode::refused ? "exclusive" : "take")};
    // Between the first look and now a partition could still have been opened; nothing can be any
    // more.
    if (auto again = look_again(host, drive.plan_, own_processes); !again)
        return tl::unexpected{again.error()};
    return drive;
}

}  // namespace quietus::engine

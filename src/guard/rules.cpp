#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/bytes.h"
#include "guard/guard.h"

namespace quietus::guard {

namespace {

using Found = std::vector<Objection>;

std::string path_of(const Situation& s) {
    return printable_text(s.now.path);
}

Found object(const Situation& s, const std::string& fault, std::string remedy) {
    Objection objection;
    objection.what = path_of(s) + ": " + fault;
    objection.remedy = std::move(remedy);
    return {std::move(objection)};
}

void append(Found& to, Found more) {
    for (Objection& objection : more) to.push_back(std::move(objection));
}

// " (sda1)" where it is not the disk itself.
std::string at(const Situation& s, const std::string& where) {
    return where.empty() || where == s.now.name ? "" : " (" + printable_text(where) + ")";
}

Found uses(const Situation& s, std::initializer_list<UseKind> kinds) {
    Found found;
    for (const Use& use : s.now.usage.uses) {
        if (std::find(kinds.begin(), kinds.end(), use.kind) == kinds.end()) continue;
        const std::string remedy = printable_text(use.remedy);
        append(found, object(s, printable_text(use.what) + at(s, use.where),
                             remedy.empty() ? "choose another disk"
                                            : remedy + ", or choose another disk"));
    }
    return found;
}

// A word a shell takes as one: serials are typed by strangers, and hints get pasted.
std::string shell_word(const std::string& text) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:+,=@%";
    if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string{"'\\''"} : std::string{c};
    return quoted + "'";
}

// ---- is it the drive that was planned, and can it be a target at all?
// ------------------------------

Found identity_changed(const Situation& s) {
    const DeviceSnapshot& then = s.plan.target;
    if (!same_drive(then.identity, s.now.identity)) {
        const std::string fault =
            then.identity == s.now.identity
                ? "nothing tells it from another drive: no serial, WWN or disk sequence"
                : "is " + to_string(s.now.identity) + ", planned was " + to_string(then.identity);
        return object(s, fault, "check the drive and its cables, and plan again");
    }
    const Geometry& a = then.geometry;
    const Geometry& b = s.now.geometry;
    // max_transfer is a setting of the kernel's queue, not of the drive.
    if (a.size != b.size || a.logical_sector != b.logical_sector ||
        a.physical_sector != b.physical_sector || a.zones != b.zones) {
        return object(s, "size, sectors or zones are not as planned", "plan again");
    }
    if (then.number != s.now.number) {
        return object(
            s, "is device " + to_string(s.now.number) + ", planned was " + to_string(then.number),
            "plan again");
    }
    return {};
}

Found partition_target(const Situation& s) {
    if (!s.now.is_partition) return {};
    const std::string disk = "/dev/" + printable_text(s.now.whole_disk);
    return object(s, "is a partition of " + disk, "name the whole disk " + disk);
}

Found zero_size(const Situation& s) {
    const Geometry& geometry = s.now.geometry;
    // Sectors first: addressable() divides by their size.
    if (geometry.logical_sector == 0) return object(s, "has sectors of no size", "check the drive");
    if (geometry.addressable().bytes > 0) return {};
    return object(s, "holds no bytes", "insert a medium, or check that the drive has come up");
}

Found read_only(const Situation& s) {
    if (!s.now.read_only) return {};
    return object(s, "is read-only", "lift its write protection (switch, blockdev --setrw)");
}

// ---- is anybody using it?
// --------------------------------------------------------------------------

Found system_disk(const Situation& s) {
    return uses(s, {UseKind::system_disk});
}
Found mounted(const Situation& s) {
    return uses(s, {UseKind::mount});
}
Found swap(const Situation& s) {
    return uses(s, {UseKind::swap});
}
Found holder(const Situation& s) {
    return uses(s, {UseKind::holder});
}
Found loop_over(const Situation& s) {
    return uses(s, {UseKind::loop_over_disk, UseKind::loop_over_file});
}
Found btrfs_member(const Situation& s) {
    return uses(s, {UseKind::btrfs_member});
}
Found open(const Situation& s) {
    return uses(s, {UseKind::open_descriptor, UseKind::mapped});
}
Found locked(const Situation& s) {
    return uses(s, {UseKind::locked});
}
Found exclusive(const Situation& s) {
    return uses(s, {UseKind::exclusive});
}
Found other_path(const Situation& s) {
    return uses(s, {UseKind::other_path});
}

// What could not be looked at may be what forbids it.
Found usage_unseen(const Situation& s) {
    Found found;
    for (const std::string& gap : s.now.usage.not_seen) {
        append(found, object(s, "cannot tell whether it is in use: " + printable_text(gap),
                             "run as root on the host itself, where everything can be seen"));
    }
    return found;
}

// Root on the host itself sees every process; where it does not, a person has to know better.
Found processes_unseen(const Situation& s) {
    Found found;
    for (const std::string& gap : s.now.usage.unseen_processes) {
        append(found,
               object(s, "cannot see " + printable_text(gap),
                      "run on the host itself, or --accept processes-unseen if you know that "
                      "none of them uses the drive"));
    }
    return found;
}

std::optional<NvmeSanitizeLog::State> sanitize_state(const Situation& s) {
    if (!s.now.nvme || !s.now.nvme->sanitize_log) return std::nullopt;
    return s.now.nvme->sanitize_log->state;
}

// Whoever has it would show elsewhere too while it is in use; what is not in use, and where nobody
// can read, only a person knows.
Found signatures_unread(const Situation& s) {
    Found found;
    // A drive that erases itself, or has failed to and is closed, shows nothing to anybody.
    if (sanitize_state(s) == NvmeSanitizeLog::State::in_progress ||
        sanitize_state(s) == NvmeSanitizeLog::State::failed)
        return found;
    for (const std::string& gap : s.now.usage.unread_signatures) {
        append(found, object(s, "cannot read what it is marked as: " + printable_text(gap),
                             "--accept signatures-unread if you know that it is no member of an "
                             "array or pool that is needed"));
    }
    return found;
}

// ---- what a command of the drive's own reaches
// ---------------------------------------------------

std::string namespaces_text(const std::vector<std::uint32_t>& ids) {
    std::string text;
    for (const std::uint32_t id : ids) text += (text.empty() ? "" : ", ") + std::to_string(id);
    return text;
}

std::vector<std::uint32_t> others(const NvmeFacts& facts, bool attached) {
    std::vector<std::uint32_t> ids;
    for (const NvmeNamespace& one : facts.namespaces) {
        if (one.id != facts.own_namespace && one.attached == attached) ids.push_back(one.id);
    }
    return ids;
}

bool reaches_subsystem(const Situation& s) {
    return reach_of(s.plan) == Blast::subsystem;
}

// Each of them is a device of its own, with users of its own.
Found other_namespaces(const Situation& s) {
    if (!reaches_subsystem(s) || !s.now.nvme) return {};
    const auto ids = others(*s.now.nvme, true);
    if (ids.empty()) return {};
    return object(
        s, "the command would erase namespace " + namespaces_text(ids) + " of the same drive, too",
        "delete or detach what is not needed, or --technique random for this one alone");
}

// Nobody has them open here, but somebody put them there.
Found hidden_namespaces(const Situation& s) {
    if (!reaches_subsystem(s) || !s.now.nvme) return {};
    const auto ids = others(*s.now.nvme, false);
    if (ids.empty()) return {};
    return object(s,
                  "the command erases namespace " + namespaces_text(ids) +
                      " of the drive, too, which is allocated and attached nowhere here",
                  "--accept nvme-hidden-namespaces if that is wanted");
}

// Another controller may belong to another host, which has the drive in use.
Found other_controllers(const Situation& s) {
    if (!reaches_subsystem(s)) return {};
    const std::string remedy = "--technique random reaches this namespace alone";
    if (!s.now.nvme) return object(s, "what the command reaches could not be asked", remedy);
    const NvmeFacts& facts = *s.now.nvme;
    Found found;
    const bool knows_itself = std::any_of(
        facts.namespaces.begin(), facts.namespaces.end(),
        [&](const NvmeNamespace& one) { return one.attached && one.id == facts.own_namespace; });
    if (!knows_itself)
        append(found, object(s, "the drive does not tell which namespaces it has", remedy));
    if (facts.controllers.size() > 1 || (facts.several_controllers && facts.controllers.empty()))
        append(found, object(s,
                             "the drive has further controllers, perhaps of other hosts: " +
                                 std::string{"the command would reach what they use"},
                             remedy));
    const bool shared = std::any_of(facts.namespaces.begin(), facts.namespaces.end(),
                                    [](const NvmeNamespace& one) { return one.shared; });
    if (shared && facts.controllers.size() != 1)
        append(found, object(s, "a namespace of the drive may be shared with other hosts", remedy));
    if (facts.manages_namespaces && !facts.allocated_told)
        append(found,
               object(s, "the drive does not tell which namespaces it has allocated", remedy));
    return found;
}

// The kernel's word and the drive's own, asked through the descriptor.
Found controller_differs(const Situation& s) {
    if (!s.now.nvme || !s.now.identity.serial.has_value()) return {};
    const std::string told = printable(s.now.identity.serial);
    const std::string own = s.now.nvme->serial.printable();
    if (told == own) return {};
    return object(s, "the kernel calls it " + told + ", the drive itself " + own,
                  "rescan the controller, then look again");
}

// No write gets through, so no pass of ours can begin.
Found erasing_itself(const Situation& s) {
    if (reaches_subsystem(s) || sanitize_state(s) != NvmeSanitizeLog::State::in_progress) return {};
    return object(s, "the drive is erasing itself (NVMe Sanitize) and takes no writes",
                  "wait until it is done, or let a technique of the drive itself carry on");
}

Found write_protected(const Situation& s) {
    if (!s.now.nvme) return {};
    const auto& all = s.now.nvme->namespaces;
    const bool any = std::any_of(all.begin(), all.end(), [&](const NvmeNamespace& one) {
        return one.write_protected && (reaches_subsystem(s) || one.id == s.now.nvme->own_namespace);
    });
    if (!any) return {};
    return object(s, "a namespace is write-protected by the drive",
                  "end the write protection (NVMe feature 84h), or power-cycle the drive");
}

// ---- the other drives and places of the call
// -------------------------------------------------------

Found named_twice(const Situation& s) {
    Found found;
    bool met_itself = false;
    for (const DeviceSnapshot& other : s.all_targets) {
        if (!same_medium(other, s.now)) continue;
        if (other.number == s.now.number && !met_itself) {
            met_itself = true;  // the first of its number is the drive itself
            continue;
        }
        append(found, object(s, "is named twice, also as " + printable_text(other.path),
                             "name each drive once"));
    }
    return found;
}

Found place_on_target(const Situation& s) {
    Found found;
    for (const ProtectedPlace& place : s.protected_places) {
        const bool holds_it =
            std::any_of(place.disks.begin(), place.disks.end(), [&](const std::string& disk) {
                return disk == s.now.name || disk == s.now.whole_disk;
            });
        if (!holds_it) continue;
        append(
            found,
            object(s, "holds the " + printable_text(place.role) + " " + printable_text(place.path),
                   "keep it on another disk"));
    }
    return found;
}

// ---- what a person may have overlooked
// -------------------------------------------------------------

// libblkid types of what is one part of something larger, or shared with another host, although
// nothing on this host holds it now.
constexpr std::array<std::string_view, 13> kMemberTypes{"bcache",
                                                        "bcachefs",
                                                        "btrfs",
                                                        "ceph_bluestore",
                                                        "drbd",
                                                        "drbdmanage_control_volume",
                                                        "drbdproxy_datalog",
                                                        "gfs2",
                                                        "jbd",
                                                        "ocfs2",
                                                        "oracleasm",
                                                        "stratis",
                                                        "xfs_external_log"};

bool is_member(const Signature& signature) {
    constexpr std::string_view kSuffix =
        "_member";  // LVM2_member, linux_raid_member, zfs_member, …
    const std::string& type = signature.type;
    if (signature.usage == "raid") return true;
    if (type.size() > kSuffix.size() &&
        type.compare(type.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0) {
        return true;
    }
    return std::find(kMemberTypes.begin(), kMemberTypes.end(), type) != kMemberTypes.end();
}

Found member_signature(const Situation& s) {
    Found found;
    for (const Signature& signature : s.now.usage.signatures) {
        if (!is_member(signature)) continue;
        const std::string label =
            signature.label.empty() ? "" : " '" + printable_text(signature.label) + "'";
        append(found, object(s,
                             "is marked as part of something larger: " +
                                 printable_text(signature.type) + label + at(s, signature.where),
                             "make sure no array, pool or other host needs it; then pass "
                             "--accept member-signature"));
    }
    return found;
}

Found removable(const Situation& s) {
    if (!s.now.removable && s.now.transport != Transport::usb) return {};
    return object(s, s.now.transport == Transport::usb ? "is attached by USB" : "is removable",
                  "make sure it is the drive you mean; then pass --accept removable");
}

Found no_unique_serial(const Situation& s) {
    const std::string needed = confirmation_needed(s.now, s.all_targets);
    if (has_unique_serial(s.now.identity) && needed == printable(s.now.identity.serial)) return {};
    return object(s, "has no serial number of its own",
                  "name it by path and size: --confirm " + shell_word(printable_text(needed)));
}

Found not_confirmed(const Situation& s) {
    if (means_of(s.consent, s.now, s.all_targets) != ConsentMeans::none) return {};
    const std::string needed = confirmation_needed(s.now, s.all_targets);
    return object(
        s, "not confirmed: nobody said that " + to_string(s.now.identity) + " is to be erased",
        "type " + printable_text(needed) + " when asked, or pass --confirm " +
            shell_word(printable_text(needed)));
}

constexpr auto kStop = Severity::stop;
constexpr auto kConsent = Severity::needs_consent;
constexpr auto kRefused = ExitStatus::refused;

// Worst first. Identity leads: if it is another drive, what else is said of it is beside the point.
constexpr std::array<Rule, 29> kRules{{
    {"identity-changed", kStop, ExitStatus::bad_evidence,
     "the drive found is not the drive that was planned", identity_changed},
    {"system-disk", kStop, kRefused, "the running system is on it", system_disk},
    {"place-on-target", kStop, kRefused, "evidence, state or configuration of quietus is on it",
     place_on_target},
    {"mounted", kStop, kRefused, "a filesystem on it is mounted, in any mount namespace", mounted},
    {"swap", kStop, kRefused, "it is used as swap", swap},
    {"holder", kStop, kRefused, "a device-mapper, md or bcache device is on top of it", holder},
    {"loop-over", kStop, kRefused, "a loop device is over it, or over a file on it", loop_over},
    {"btrfs-member", kStop, kRefused, "it is part of a mounted btrfs", btrfs_member},
    {"open", kStop, kRefused, "a process has it, or a partition of it, open or mapped", open},
    {"locked", kStop, ExitStatus::busy, "a process holds a lock on it: it may be done with it soon",
     locked},
    {"exclusive", kStop, kRefused, "the kernel says that somebody holds it", exclusive},
    {"other-path", kStop, kRefused, "another path to the same drive is in use", other_path},
    {"usage-unseen", kStop, kRefused, "what stands on it could not be looked at", usage_unseen},
    {"processes-unseen", kConsent, kRefused,
     "some processes are hidden from us: whether they have it open is not known", processes_unseen},
    {"partition-target", kStop, kRefused, "it is a partition, not a whole disk", partition_target},
    {"zero-size", kStop, kRefused, "it has no size", zero_size},
    {"read-only", kStop, kRefused, "it is write-protected", read_only},
    {"named-twice", kStop, kRefused, "the call names the same drive twice", named_twice},
    {"member-signature", kConsent, kRefused,
     "it is marked as a member of an array, pool or shared filesystem that is not active here",
     member_signature},
    {"signatures-unread", kConsent, kRefused,
     "the drive cannot read the places where it would be marked as a member of something",
     signatures_unread},
    {"nvme-identity", kStop, ExitStatus::bad_evidence,
     "the drive's controller names itself otherwise than the kernel does", controller_differs},
    {"nvme-namespaces", kStop, kRefused,
     "the drive's own command would erase other namespaces in use", other_namespaces},
    {"nvme-controllers", kStop, kRefused,
     "what the drive's own command reaches is shared with other controllers, or not known",
     other_controllers},
    {"nvme-write-protected", kStop, kRefused, "the drive has a namespace write-protected",
     write_protected},
    {"nvme-sanitizing", kStop, ExitStatus::busy,
     "the drive is erasing itself and takes no writes meanwhile", erasing_itself},
    {"nvme-hidden-namespaces", kConsent, kRefused,
     "the drive's own command erases namespaces, too, that are attached nowhere here",
     hidden_namespaces},
    {"removable", kConsent, kRefused, "it is removable or attached by USB", removable},
    {kNoUniqueSerial, kConsent, kRefused,
     "it has no serial number of its own; naming it by path and size, or by a plan token, is the "
     "consent",
     no_unique_serial},
    {"not-confirmed", kStop, kRefused, "nobody has named it as the drive to erase", not_confirmed},
}};

}  // namespace

std::span<const Rule> rules() {
    return kRules;
}

}  // namespace quietus::guard

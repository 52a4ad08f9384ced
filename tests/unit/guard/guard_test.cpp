#include "guard/guard.h"

#include <algorithm>
#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plan/planner.h"
#include "support/machine_builder.h"

namespace quietus::guard {
namespace {

using test::a_controller;
using test::a_drive;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Everything a Situation refers to, owned; a confirmed, free disk unless told otherwise.
struct Scene {
    Plan plan;
    DeviceSnapshot now;
    Consent consent;
    std::vector<DeviceSnapshot> others;
    std::vector<ProtectedPlace> places;

    explicit Scene(const DeviceSnapshot& drive) : now{drive} {
        plan.target = drive;
        plan.steps = {OverwritePass{1, 1, KeystreamPattern{}}, ReadBack{VerifyMode::full}};
        confirm();
    }
    void confirm() { consent.confirmations = {confirmation_needed(now, targets())}; }
    std::vector<DeviceSnapshot> targets() const {
        std::vector<DeviceSnapshot> all{now};
        all.insert(all.end(), others.begin(), others.end());
        return all;
    }
    Review reviewed() const {
        const auto all = targets();
        return review({plan, now, consent, all, places});
    }
    tl::expected<ApprovedPlan, std::vector<Objection>> approved() const {
        const auto all = targets();
        return Approver::approve({plan, now, consent, all, places});
    }
};

std::vector<std::string> ids(const std::vector<Objection>& objections) {
    std::vector<std::string> names;
    for (const Objection& objection : objections) names.push_back(objection.rule);
    return names;
}

Scene with_drive(const test::DriveBuilder& drive) {
    return Scene{drive.build()};
}

Scene with_use(UseKind kind) {
    return with_drive(a_drive("sda").used(kind, "sda1", "used", "free it"));
}

Scene with_other(const DeviceSnapshot& other) {
    Scene scene{a_drive("sda").build()};
    scene.others = {other};
    scene.confirm();
    return scene;
}

Scene with_place_on(const std::string& disk) {
    Scene scene{a_drive("sda").build()};
    scene.places = {{"evidence folder", "/srv/out", {"sdz", disk}}};
    return scene;
}

Scene seen_later(const DeviceSnapshot& later) {
    Scene scene{a_drive("sda").build()};
    scene.now = later;
    scene.confirm();
    return scene;
}

Scene confirmed_by(const test::DriveBuilder& drive, std::vector<std::string> confirmations) {
    Scene scene{drive.build()};
    scene.consent.confirmations = std::move(confirmations);
    return scene;
}

struct Case {
    std::string rule;
    ExitStatus status;
    std::function<Scene()> stopped;  // objected to by this rule and no other
    std::function<Scene()> passed;   // the nearest thing that no rule objects to
};

using Change = std::function<void(NvmeFacts&)>;

NvmeNamespace another(bool attached) {
    return {.id = 2, .attached = attached, .blocks = 8, .block_size = 512};
}

void is_sanitizing(NvmeFacts& facts) {
    facts.sanitize_log->state = NvmeSanitizeLog::State::in_progress;
}

Scene overwriting(const Change& change = {}) {
    NvmeFacts facts = a_controller("NVME-1");
    if (change) change(facts);
    return Scene{a_drive("sda").controller(facts).build()};
}

// The same drive with a plan that sends a command to all of it.
Scene sanitizing(const Change& change = {}) {
    Scene scene = overwriting(change);
    scene.plan.steps = {PlantMarkers{}, HardwareErase{DeviceCommand::nvme_sanitize_block},
                        ReadBack{VerifyMode::full, 0, PassRole::device}};
    return scene;
}

const auto kFree = [] { return with_drive(a_drive("sda")); };

// Each rule stops something and lets its nearest neighbour pass.
std::vector<Case> cases() {
    const auto use = [](const char* rule, UseKind kind) {
        return Case{rule, ExitStatus::refused, [kind] { return with_use(kind); }, kFree};
    };
    return {
        {"identity-changed", ExitStatus::bad_evidence,
         [] { return seen_later(a_drive("sda").serial("ANOTHER-1")); },
         [] { return seen_later(a_drive("sda").path("/dev/disk/by-id/renamed")); }},
        use("system-disk", UseKind::system_disk),
        {"place-on-target", ExitStatus::refused, [] { return with_place_on("sda"); },
         [] { return with_place_on("sdb"); }},
        {"mounted", ExitStatus::refused,
         [] { return with_drive(a_drive("sda").mounted_at("/srv")); },
         [] { return with_drive(a_drive("sda").partition(1).signature("ext4", "filesystem")); }},
        use("swap", UseKind::swap),
        use("holder", UseKind::holder),
        use("loop-over", UseKind::loop_over_file),
        use("loop-over", UseKind::loop_over_disk),
        use("btrfs-member", UseKind::btrfs_member),
        use("open", UseKind::open_descriptor),
        use("open", UseKind::mapped),
        {"locked", ExitStatus::busy, [] { return with_use(UseKind::locked); }, kFree},
        use("exclusive", UseKind::exclusive),
        use("other-path", UseKind::other_path),
        {"usage-unseen", ExitStatus::refused,
         [] { return with_drive(a_drive("sda").not_seen("open descriptors: not root")); }, kFree},
        {"processes-unseen", ExitStatus::refused,
         [] { return with_drive(a_drive("sda").hidden_process("open descriptors of process 1")); },
         kFree},
        {"signatures-unread", ExitStatus::refused,
         [] { return with_drive(a_drive("sda").unread_signature("signatures on sda: EIO")); },
         kFree},
        {"partition-target", ExitStatus::refused,
         [] { return with_drive(a_drive("sda1").is_partition_of("sda")); }, kFree},
        {"zero-size", ExitStatus::refused, [] { return with_drive(a_drive("sda").size(0)); },
         [] { return with_drive(a_drive("sda").size(512)); }},
        {"zero-size", ExitStatus::refused, [] { return with_drive(a_drive("sda").sectors(0, 0)); },
         [] { return with_drive(a_drive("sda").sectors(4096, 4096)); }},
        {"read-only", ExitStatus::refused, [] { return with_drive(a_drive("sda").read_only()); },
         kFree},
        {"nvme-identity", ExitStatus::bad_evidence,
         [] {
             return with_drive(
                 a_drive("sda").controller(a_controller("NVME-0001")).serial("NVME-0002"));
         },
         [] { return with_drive(a_drive("sda").controller(a_controller("NVME-0001"))); }},
        {"nvme-namespaces", ExitStatus::refused,
         [] { return sanitizing([](NvmeFacts& f) { f.namespaces.push_back(another(true)); }); },
         [] { return sanitizing(); }},
        {"nvme-namespaces", ExitStatus::refused,
         [] { return sanitizing([](NvmeFacts& f) { f.namespaces.push_back(another(true)); }); },
         [] { return overwriting([](NvmeFacts& f) { f.namespaces.push_back(another(true)); }); }},
        {"nvme-hidden-namespaces", ExitStatus::refused,
         [] { return sanitizing([](NvmeFacts& f) { f.namespaces.push_back(another(false)); }); },
         [] { return overwriting([](NvmeFacts& f) { f.namespaces.push_back(another(false)); }); }},
        {"nvme-controllers", ExitStatus::refused,
         [] { return sanitizing([](NvmeFacts& f) {
                  f.controllers = {1, 2};
              }); },
         [] { return sanitizing(); }},
        {"nvme-controllers", ExitStatus::refused,
         [] {
             return sanitizing([](NvmeFacts& f) {
                 f.several_controllers = true;
                 f.controllers.clear();
             });
         },
         [] { return sanitizing([](NvmeFacts& f) { f.several_controllers = true; }); }},
        {"nvme-controllers", ExitStatus::refused,
         [] {
             return sanitizing([](NvmeFacts& f) {
                 f.own_namespace = 0;
                 f.namespaces.clear();
             });
         },
         [] { return sanitizing(); }},
        {"nvme-controllers", ExitStatus::refused,
         [] {
             return sanitizing([](NvmeFacts& f) {
                 f.manages_namespaces = true;
                 f.allocated_told = false;
             });
         },
         [] { return sanitizing([](NvmeFacts& f) { f.manages_namespaces = true; }); }},
        {"nvme-controllers", ExitStatus::refused,
         [] {
             return sanitizing([](NvmeFacts& f) {
                 f.namespaces.front().shared = true;
                 f.controllers.clear();
             });
         },
         [] { return sanitizing([](NvmeFacts& f) { f.namespaces.front().shared = true; }); }},
        {"nvme-controllers", ExitStatus::refused,  // a drive that does not list its namespaces
         [] { return sanitizing([](NvmeFacts& f) { f.namespaces.clear(); }); },
         [] { return overwriting([](NvmeFacts& f) { f.namespaces.clear(); }); }},
        {"nvme-write-protected", ExitStatus::refused,
         [] { return sanitizing([](NvmeFacts& f) { f.namespaces[0].write_protected = true; }); },
         [] { return sanitizing(); }},
        {"nvme-sanitizing", ExitStatus::busy, [] { return overwriting(is_sanitizing); },
         [] { return sanitizing(is_sanitizing); }},
        {"named-twice", ExitStatus::refused, [] { return with_other(a_drive("sda").build()); },
         [] { return with_other(a_drive("sdb").build()); }},
        {"named-twice", ExitStatus::refused,  // two paths of a dual-ported drive
         [] { return with_other(a_drive("sdb").serial("SERIAL-x").wwn("0x5000c500sda")); },
         [] { return with_other(a_drive("sdb").wwn("0x5000c500ff")); }},
        {"member-signature", ExitStatus::refused,
         [] { return with_drive(a_drive("sda").signature("zfs_member", "filesystem")); },
         [] { return with_drive(a_drive("sda").signature("crypto_LUKS", "crypto")); }},
        {"removable", ExitStatus::refused, [] { return with_drive(a_drive("sda").removable()); },
         kFree},
        {"removable", ExitStatus::refused,
         [] { return with_drive(a_drive("sda").attached_by(Transport::usb, Medium::unknown)); },
         kFree},
        {"no-unique-serial", ExitStatus::refused,
         [] { return confirmed_by(a_drive("sda").no_serial(), {}); },
         [] { return confirmed_by(a_drive("sda").no_serial(), {"/dev/sda:1073741824"}); }},
        {"not-confirmed", ExitStatus::refused,
         [] { return confirmed_by(a_drive("sda"), {"SERIAL-sdb"}); },
         [] { return confirmed_by(a_drive("sda"), {"SERIAL-sda"}); }},
    };
}

TEST(Guard, EachRuleStopsItsCaseWithItsStatusAndLetsTheNeighbourPass) {
    for (const Case& c : cases()) {
        SCOPED_TRACE(c.rule);
        const auto refused = c.stopped().approved();
        ASSERT_FALSE(refused.has_value());
        // A drive without serial that nobody named is, besides, not confirmed.
        const auto found = ids(refused.error());
        if (c.rule == "no-unique-serial") {
            EXPECT_THAT(found, ElementsAre("no-unique-serial", "not-confirmed"));
        } else {
            EXPECT_THAT(found, ElementsAre(c.rule));
        }
        EXPECT_EQ(refused.error()[0].status, c.status);
        EXPECT_THAT(refused.error()[0].what, HasSubstr("/dev/sda"));
        EXPECT_FALSE(refused.error()[0].remedy.empty());
        EXPECT_TRUE(c.passed().approved().has_value())
            << testing::PrintToString(ids(c.passed().reviewed().objections));
    }
}

TEST(Guard, EveryRuleHasACase) {
    std::set<std::string> tested;
    for (const Case& c : cases()) tested.insert(c.rule);
    std::set<std::string> known;
    for (const Rule& rule : rules()) {
        EXPECT_TRUE(known.insert(std::string{rule.id}).second)
            << rule.id << " is in the table twice";
        EXPECT_FALSE(rule.summary.empty()) << rule.id;
    }
    EXPECT_EQ(tested, known);
}

TEST(Guard, EveryUseKindIsStoppedBySomeRule) {
    for (int kind = 0; kind <= static_cast<int>(UseKind::system_disk); ++kind) {
        EXPECT_EQ(with_use(static_cast<UseKind>(kind)).reviewed().objections.size(), 1U)
            << to_string(static_cast<UseKind>(kind));
    }
}

TEST(Guard, ShowsEveryObjectionAtOnceWorstFirst) {
    const Scene scene = confirmed_by(
        a_drive("sda").mounted_at("/srv").mounted_at("/opt").read_only().removable(), {});
    EXPECT_THAT(ids(scene.reviewed().objections),
                ElementsAre("mounted", "mounted", "read-only", "removable", "not-confirmed"));
}

TEST(Guard, NamesTheDriveThenTheFaultThenTheWayOut) {
    const auto objections = with_drive(a_drive("sda").mounted_at("/srv")).reviewed().objections;
    ASSERT_EQ(objections.size(), 1U);
    EXPECT_EQ(objections[0].what, "/dev/sda: mounted at /srv (sda1)");
    EXPECT_EQ(objections[0].remedy, "umount /srv, or choose another disk");
    const auto partition = with_drive(a_drive("sda1").is_partition_of("sda")).reviewed().objections;
    EXPECT_EQ(partition[0].remedy, "name the whole disk /dev/sda");
}

TEST(Guard, AcceptLiftsOnlyWhatMayBeLifted) {
    for (const Rule& rule : rules()) {
        EXPECT_TRUE(is_rule(rule.id));
        EXPECT_EQ(can_be_accepted(rule.id), rule.severity == Severity::needs_consent) << rule.id;
    }
    EXPECT_FALSE(is_rule("nonsense"));
    EXPECT_FALSE(can_be_accepted("nonsense"));
    for (const Case& c : cases()) {
        Scene scene = c.stopped();
        scene.consent.accepted = {c.rule};
        const Review seen = scene.reviewed();
        const auto standing = ids(seen.objections);
        const bool stands = std::find(standing.begin(), standing.end(), c.rule) != standing.end();
        EXPECT_EQ(stands, !can_be_accepted(c.rule)) << c.rule;
        EXPECT_EQ(seen.accepted.empty(), stands) << c.rule;
    }
}

TEST(Guard, ApprovesTheDriveAsItIsNowAndRecordsWhatWasAccepted) {
    Scene scene = with_drive(a_drive("sda").removable());
    scene.consent.accepted = {"removable"};
    const auto approved = scene.approved();
    ASSERT_TRUE(approved.has_value());
    EXPECT_EQ(approved->permit().target(), scene.now);
    EXPECT_EQ(approved->plan(), scene.plan);
    EXPECT_EQ(approved->consent(), scene.consent);
    EXPECT_THAT(ids(approved->review().accepted), ElementsAre("removable"));
    EXPECT_EQ(approved->review().means, ConsentMeans::confirm_flag);
    EXPECT_THAT(approved->all_targets(), ElementsAre(scene.now));
}

TEST(Guard, APlanTokenNamesTheDriveButLiftsNothingElse) {
    Scene scene = confirmed_by(a_drive("sda").no_serial().signature("LVM2_member", "raid"), {});
    scene.consent.plan_token_holds = true;
    const Review seen = scene.reviewed();
    EXPECT_THAT(ids(seen.objections), ElementsAre("member-signature"));
    EXPECT_THAT(ids(seen.accepted), ElementsAre("no-unique-serial"));
    EXPECT_EQ(seen.means, ConsentMeans::plan_token);
}

TEST(Guard, RefusesADriveWhoseGeometryOrNumberMoved) {
    EXPECT_THAT(ids(seen_later(a_drive("sda").sectors(4096, 4096)).reviewed().objections),
                ElementsAre("identity-changed"));
    EXPECT_THAT(ids(seen_later(a_drive("sda").number(8, 32)).reviewed().objections),
                ElementsAre("identity-changed"));
    EXPECT_THAT(ids(seen_later(a_drive("sda").disk_sequence(7)).reviewed().objections),
                ElementsAre("identity-changed"));
    DeviceSnapshot tuned = a_drive("sda");
    tuned.geometry.max_transfer = 4096;  // a setting of the queue
    EXPECT_THAT(seen_later(tuned).reviewed().objections, IsEmpty());
}

TEST(Guard, RefusesADriveThatNothingTellsFromAnother) {
    const auto objections =
        with_drive(a_drive("vda").no_serial().no_wwn().no_disk_sequence()).reviewed().objections;
    EXPECT_THAT(ids(objections), ElementsAre("identity-changed"));
    EXPECT_THAT(objections[0].what, HasSubstr("nothing tells it from another"));
}

TEST(Guard, KnowsTheMarksOfArraysPoolsAndSharedFilesystems) {
    for (const char* type :
         {"LVM2_member", "linux_raid_member", "zfs_member", "bcache", "ceph_bluestore", "btrfs",
          "drbd", "isw_raid_member", "ddf_raid_member", "VMFS_volume_member"}) {
        EXPECT_THAT(ids(with_drive(a_drive("sda").signature(type, "other")).reviewed().objections),
                    ElementsAre("member-signature"))
            << type;
    }
    for (const char* type : {"gpt", "dos", "ext4", "vfat", "swap", "crypto_LUKS"}) {
        EXPECT_THAT(with_drive(a_drive("sda").signature(type, "filesystem")).reviewed().objections,
                    IsEmpty())
            << type;
    }
}

TEST(Guard, NothingADeviceSaysReachesATerminalUnprinted) {
    const Scene scene =
        confirmed_by(a_drive("sda")
                         .model("\x1b[31mEVIL")
                         .used(UseKind::mount, "\x1b", "mounted at /\x1b[2J", "\x07")
                         .signature("zfs_member", "filesystem", "\x1b]0;x")
                         .not_seen("\x1b"),
                     {});
    for (const Objection& objection : scene.reviewed().objections) {
        EXPECT_EQ(objection.what.find('\x1b'), std::string::npos) << objection.rule;
        EXPECT_EQ(objection.remedy.find_first_of("\x1b\x07"), std::string::npos) << objection.rule;
    }
}

}  // namespace
}  // namespace quietus::guard

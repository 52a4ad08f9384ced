#include "device/json.h"

#include <array>
#include <limits>

#include <gtest/gtest.h>

namespace quietus {
namespace {

using namespace std::string_literals;

const std::string kHostile = "\x1b[2J\xff\xfe\0\" <b>"s;

DeviceSnapshot a_snapshot() {
    DeviceSnapshot snapshot;
    snapshot.path = "/dev/sda";
    snapshot.name = "sda";
    snapshot.number = {8, 0};
    snapshot.whole_disk = "sda";
    snapshot.transport = Transport::sas;
    snapshot.medium = Medium::rotational;
    snapshot.identity.model = SourcedString::of({"  WD  "}, "sysfs:device/model");
    snapshot.identity.serial = SourcedString::of({kHostile}, "sysfs:device/vpd_pg80");
    snapshot.identity.wwn = SourcedString::none("no wwid");
    snapshot.identity.firmware = SourcedString::of({""}, "sysfs:device/rev");
    snapshot.identity.size = {std::numeric_limits<std::uint64_t>::max()};
    snapshot.identity.backing =
        LoopBacking{{0, 45}, DeviceNumber{8, 1}, std::uint64_t{1} << 60U, 4096};
    snapshot.identity.disk_sequence = 7;
    snapshot.geometry = {{std::uint64_t{1} << 60U}, 4096, 4096, ZoneModel::host_managed, 1048576};
    const std::array<SourcedString Build::*, 7> parts{
        &Build::manufacturer, &Build::form_factor, &Build::rotation_rate, &Build::link,
        &Build::bay,          &Build::protection,  &Build::locking};
    for (std::size_t i = 0; i < parts.size(); ++i)
        snapshot.build.*parts[i] = SourcedString::of({kHostile + std::to_string(i)}, "sysfs:x");
    snapshot.removable = true;
    snapshot.read_only = true;
    snapshot.partitions = {{"sda1", {8, 1}, 1, {1048576}, {4096}}};
    snapshot.usage.uses = {{UseKind::mapped, "sda1", "mounted at " + kHostile, "umount \xff"}};
    snapshot.usage.signatures = {{"sda1", "ext4", "filesystem", "\x1b[0m"}};
    snapshot.usage.not_seen = {"open descriptors: not root"};
    snapshot.hidden_areas = {{"hpa", "not examined"}};
    snapshot.drivers = {"overwrite"};
    snapshot.sources = {{"size", "sysfs:size"}};
    return snapshot;
}

TEST(DeviceJson, BringsASnapshotBackThroughTextUnchanged) {
    const std::string text = canonical_json(to_json(a_snapshot()));
    const auto back = snapshot_from_json(parse_json(text).value());
    ASSERT_TRUE(back.has_value()) << back.error().message;
    EXPECT_EQ(*back, a_snapshot());
}

// Beyond the last value to_string says what it says of the first.
std::vector<UseKind> every_use_kind() {
    std::vector<UseKind> kinds{UseKind::mount};
    for (int i = 1; to_string(static_cast<UseKind>(i)) != to_string(kinds.front()); ++i)
        kinds.push_back(static_cast<UseKind>(i));
    return kinds;
}

TEST(DeviceJson, BringsEveryKindOfUseBack) {
    DeviceSnapshot snapshot = a_snapshot();
    snapshot.usage.uses.clear();
    for (const UseKind kind : every_use_kind())
        snapshot.usage.uses.push_back({kind, "sda", "", ""});
    ASSERT_GE(snapshot.usage.uses.size(), 12U);
    const auto back = snapshot_from_json(to_json(snapshot));
    ASSERT_TRUE(back.has_value()) << back.error().message;
    EXPECT_EQ(*back, snapshot);
}

TEST(DeviceJson, BringsAnEmptySnapshotBack) {
    EXPECT_EQ(snapshot_from_json(to_json(DeviceSnapshot{})).value(), DeviceSnapshot{});
}

TEST(DeviceJson, NeverPutsAControlCharacterIntoText) {
    for (const char c : canonical_json(to_json(a_snapshot()))) EXPECT_TRUE(c >= 0x20 && c < 0x7F);
}

TEST(DeviceJson, KeepsEveryByteOfASerial) {
    for (int byte = 0; byte < 256; ++byte) {
        DeviceIdentity identity;
        identity.serial = SourcedString::of({"A"s + static_cast<char>(byte) + "B"}, "test");
        const std::string text = canonical_json(to_json(identity));
        EXPECT_EQ(identity_from_json(parse_json(text).value()).value(), identity) << byte;
    }
}

TEST(DeviceJson, RefusesASnapshotThatIsNotOne) {
    for (const char* text : {"null", "[]", "{}", R"({"path":1})"}) {
        EXPECT_FALSE(snapshot_from_json(parse_json(text).value()).has_value()) << text;
    }
    const Json whole = to_json(a_snapshot());
    for (const auto& [key, value] : whole.items()) {
        Json lacking = whole;
        lacking.erase(key);
        EXPECT_FALSE(snapshot_from_json(lacking).has_value()) << key;
        lacking[key] = "wrong";
        if (!value.is_string() || key == "transport" || key == "medium") {
            EXPECT_FALSE(snapshot_from_json(lacking).has_value()) << key;
        }
    }
}

TEST(DeviceJson, RefusesASectorSizeOfZeroBecauseOthersDivideByIt) {
    Json json = to_json(a_snapshot());
    json["geometry"]["logical_sector"] = 0U;
    EXPECT_FALSE(snapshot_from_json(json).has_value());
}

TEST(DeviceJson, PutsTheRawBytesBesideAPrintableValueOnlyWhereTheyDiffer) {
    Json json;
    put_sourced(json, "serial", SourcedString::of({"S\x1bX"}, "test"));
    put_sourced(json, "model", SourcedString::of({"WD 40  "}, "test"));
    put_sourced(json, "wwn", SourcedString::none("no wwid"));
    EXPECT_EQ(
        canonical_json(json),
        R"({"model":"WD 40","serial":"S?X","serial_raw":"531b58","wwn":{"unavailable":"no wwid"}})");
}

}  // namespace
}  // namespace quietus

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "drivers/registry.h"
#include "support/machine_builder.h"

namespace quietus::drivers {
namespace {

using test::a_drive;
using testing::ElementsAre;
using testing::IsEmpty;

const Driver& overwriting(const Registry& registry) {
    const auto at = std::find_if(registry.begin(), registry.end(),
                                 [](const auto& one) { return one->name() == "overwrite"; });
    QUIETUS_CHECK(at != registry.end());
    return **at;
}

TEST(Drivers, OverwriteOffersClearAndNothingMore) {
    const Registry registry = make_registry();
    const DeviceSnapshot disk = a_drive("sda").zones(ZoneModel::host_aware);
    ASSERT_THAT(drivers_for(registry, disk), ElementsAre("overwrite"));
    EXPECT_THAT(overwriting(registry).offers(disk),
                ElementsAre(Offer{"overwrite", Level::clear, ""}));
}

TEST(Drivers, AHostManagedDriveIsNotOverwrittenAndSaysWhy) {
    const Registry registry = make_registry();
    const DeviceSnapshot zoned = a_drive("sda").zones(ZoneModel::host_managed);
    EXPECT_THAT(drivers_for(registry, zoned), IsEmpty());
    const auto offers = overwriting(registry).offers(zoned);
    ASSERT_EQ(offers.size(), 1U);
    EXPECT_FALSE(offers[0].level.has_value());
    EXPECT_EQ(offers[0].why_not, "its zones must be written in order (host-managed)");
    EXPECT_THAT(unreached_by_all(registry, zoned), IsEmpty());
}

TEST(Drivers, ADriveOfUnknownSectorSizeIsNotOverwritten) {
    EXPECT_THAT(drivers_for(make_registry(), a_drive("sda").sectors(0, 0).build()), IsEmpty());
}

TEST(Drivers, NoDriveIsWithoutAPlaceThatOverwritingDoesNotReach) {
    const Registry registry = make_registry();
    for (int t = 0; t <= static_cast<int>(Transport::unknown); ++t) {
        for (int m = 0; m <= static_cast<int>(Medium::unknown); ++m) {
            const DeviceSnapshot drive =
                a_drive("sda").attached_by(static_cast<Transport>(t), static_cast<Medium>(m));
            EXPECT_FALSE(unreached_by_all(registry, drive).empty()) << to_string(drive.transport);
        }
    }
}

}  // namespace
}  // namespace quietus::drivers

#pragma once
// One way of talking to a drive. A driver says what it could do and what it could not reach; it
// never opens a device and never decides whether to.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "device/snapshot.h"
#include "plan/goal.h"

namespace quietus::drivers {

/// What a driver can do to one drive: a level, or why it cannot.
struct Offer {
    std::string technique_class;  ///< "overwrite"
    std::optional<Level> level;   ///< The most that success reaches; nothing where it cannot run.
    std::string why_not;          ///< Set where there is no level.
    friend bool operator==(const Offer&, const Offer&) = default;
};

class Driver {
  public:
    Driver() = default;
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;
    virtual ~Driver() = default;

    /// As DeviceSnapshot::drivers lists it.
    virtual std::string_view name() const = 0;
    /// One row for each class of technique the driver has, offered or not. Pure.
    virtual std::vector<Offer> offers(const DeviceSnapshot& drive) const = 0;
    /// Where old data could stay even if every technique of this driver succeeds. Pure.
    virtual std::vector<HiddenArea> unreached(const DeviceSnapshot& drive) const = 0;
};

}  // namespace quietus::drivers

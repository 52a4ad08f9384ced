#pragma once

#include <vector>

#include "app/probe.h"
#include "app/settings.h"

namespace quietus::app {

/// Our own files, none of which may be on a drive that is erased.
inline std::vector<Place> protected_places(const Settings& settings) {
    return {{.role = "evidence folder", .path = settings.out_dir()},
            {.role = "state folder", .path = settings.state_dir},
            {.role = "configuration", .path = settings.config_file}};
}

}  // namespace quietus::app

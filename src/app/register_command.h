#pragma once
// `quietus register init|search|check`.

#include <string>
#include <vector>

#include "app/settings.h"
#include "certs/register/register.h"

namespace quietus::app {

struct RegisterFacts {
    std::string origin;
    std::string public_key_base64;
    bool made{false};
};

/// Makes the register where there is none; an existing one is left as it is.
Result<RegisterFacts> init_register(const Settings& settings);

Result<std::vector<certs::Register::Entry>> search_register(const Settings& settings,
                                                            const std::string& text);

/// The whole tree recomputed; `not_authentic` where anything was changed.
Result<certs::Register::State> check_register(const Settings& settings);

}  // namespace quietus::app

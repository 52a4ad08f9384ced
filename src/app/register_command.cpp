#include "app/register_command.h"

#include <unistd.h>

#include "app/state_dir.h"

namespace quietus::app {

Result<RegisterFacts> init_register(const Settings& settings) {
    const StateDir state{settings.state_dir};
    QUIETUS_TRY(state.prepare());
    QUIETUS_TRY(state.check_room());
    const bool there = ::access((state.register_dir() + "/register.sqlite").c_str(), F_OK) == 0;
    const auto log = QUIETUS_TRY(open_register(state, /*create=*/true));
    return RegisterFacts{
        .origin = log.origin(), .public_key_base64 = log.public_key_base64(), .made = !there};
}

Result<std::vector<certs::Register::Entry>> search_register(const Settings& settings,
                                                            const std::string& text) {
    auto log = QUIETUS_TRY(open_register(StateDir{settings.state_dir}, /*create=*/false));
    return log.search(text);
}

Result<certs::Register::State> check_register(const Settings& settings) {
    auto log = QUIETUS_TRY(open_register(StateDir{settings.state_dir}, /*create=*/false));
    return log.check();
}

}  // namespace quietus::app

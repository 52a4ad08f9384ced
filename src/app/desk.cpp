#include "app/desk.h"

#include "engine/keystream.h"

namespace quietus::app {

Result<EvidenceDesk> open_desk(const StateDir& state, const Settings& settings,
                               const Services& services) {
    const UtcTime now = services.clock.now();
    if (now < kEarliestPlausibleTime)
        return failure(ErrorCode::config, "the clock says " + to_rfc3339(now) + ", which cannot be",
                       "set the clock: evidence with a wrong time is worthless");
    if (!services.host.is_root())
        return failure(ErrorCode::refused, "erasing needs root", "run it with sudo");
    QUIETUS_TRY(engine::selftest());
    if (!settings.tsa.url.empty()) QUIETUS_TRY(check_tsa(settings.tsa));
    QUIETUS_TRY(state.prepare());
    auto key = QUIETUS_TRY(load_or_make_key(state, settings, now));
    if (key.made)
        services.observer.note(
            "made this host's own signing key (self-signed, not independent), fingerprint " +
            key.key.fingerprint_sha256());
    auto log = QUIETUS_TRY(open_register(state, /*create=*/true));
    return EvidenceDesk{.state = state,
                        .settings = settings,
                        .clock = services.clock,
                        .key = std::move(key.key),
                        .log = std::move(log)};
}

}  // namespace quietus::app

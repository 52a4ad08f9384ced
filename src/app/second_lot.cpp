#include "app/second_lot.h"

#include <algorithm>

#include "app/state_dir.h"
#include "base/bytes.h"
#include "certs/register/lot.h"

namespace quietus::app {

namespace {

// The latest verification by another tool that counts for this very record: asked as a policy would
// ask.
std::string outcome_for(const Settings& settings, const Clock& clock, const LotRequest& request,
                        const certs::LeafFacts& facts) {
    Settings asking = settings;
    asking.title_policy.fields = {};
    asking.title_policy.statements = {"verification"};
    const auto shown = show_certificate(facts.id, request.trust, asking, clock);
    if (!shown || !shown->report.authentic || shown->report.record_sha256 != facts.record_sha256)
        return "missing";
    const auto& statements = shown->standing.statements;
    const bool any = std::any_of(statements.begin(), statements.end(), [](const auto& statement) {
        return statement.type == "verification";
    });
    if (!any) return "missing";
    return shown->standing.missing.empty() ? "pass" : "fail";
}

}  // namespace

Result<Lot> second_lot(const Settings& settings, const Clock& clock, const LotRequest& request) {
    const std::uint32_t share = QUIETUS_TRY(certs::parse_fraction(request.fraction));
    auto log = QUIETUS_TRY(open_register(StateDir{settings.state_dir}, /*create=*/false));
    const auto state = QUIETUS_TRY(log.check());
    auto entries = QUIETUS_TRY(log.search(""));
    if (request.size > entries.size())
        return failure(ErrorCode::usage,
                       "the register has " + std::to_string(entries.size()) + " entries, not " +
                           std::to_string(request.size),
                       "give --size as it was when the lot was drawn");
    if (request.size != 0) entries.resize(request.size);
    Lot lot;
    lot.register_size = entries.size();
    lot.register_id = log.origin();
    if (request.size == 0) lot.root = state.root_base64;
    for (const auto& entry : entries) lot.sanitizations += entry.facts.type == "sanitization";
    const auto drawn = QUIETUS_TRY(certs::draw_lot(entries, request.nonce, share));
    for (const auto& entry : drawn) {
        LotDrive drive{.facts = entry.facts, .outcome = {}};
        if (request.check) drive.outcome = outcome_for(settings, clock, request, drive.facts);
        lot.drives.push_back(std::move(drive));
    }
    return lot;
}

}  // namespace quietus::app

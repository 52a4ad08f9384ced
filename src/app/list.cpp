#include "app/list.h"

#include <algorithm>
#include <map>

#include "app/probe.h"
#include "app/state_dir.h"
#include "certs/statement.h"

namespace quietus::app {

namespace {

// What the register knows of a serial number or WWN.
struct Known {
    std::string sanitized;      ///< Date of the newest sanitization; may be empty.
    certs::LeafFacts newest{};  ///< Entered last.
};
using Names = std::map<std::string, Known>;

Names known_names(const Settings& settings) {
    Names names;
    auto log = open_register(StateDir{settings.state_dir}, /*create=*/false);
    if (!log) return names;
    const auto entries = log->search("");
    if (!entries) return names;
    for (const auto& entry : *entries) {
        // What people said of a drive is no record of what was done to it.
        if (certs::is_statement_type(entry.facts.type)) continue;
        for (const std::string& name : {entry.facts.serial, entry.facts.wwn}) {
            if (name.empty()) continue;
            Known& known = names[name];
            known.newest = entry.facts;  // they come in the order they were entered
            if (entry.facts.type == "sanitization")
                known.sanitized = std::max(known.sanitized, entry.facts.issued.substr(0, 10));
        }
    }
    return names;
}

const Known* known_of(const Names& names, const DeviceIdentity& identity) {
    for (const std::string& name :
         {printable(identity.wwn),
          has_unique_serial(identity) ? printable(identity.serial) : std::string{}}) {
        const auto at = name.empty() ? names.end() : names.find(name);
        if (at != names.end()) return &at->second;
    }
    return nullptr;
}

std::vector<Result<Inspected>> inspect(Host& host, const std::vector<std::string>& typed,
                                       Answers answers) {
    std::vector<Result<Inspected>> inspected;
    std::vector<discovery::NamedDevice> devices;
    std::vector<std::size_t> whose;
    for (const std::string& name : typed) {
        auto named = discovery::resolve_device(host, name);
        if (named) {
            whose.push_back(inspected.size());
            devices.push_back(std::move(*named));
            inspected.emplace_back(Inspected{});
        } else {
            inspected.emplace_back(tl::unexpected{std::move(named).error()});
        }
    }
    auto probed = probe(host, devices, {}, {}, answers);
    for (std::size_t i = 0; i < probed.size(); ++i) {
        if (probed[i])
            inspected[whose[i]] =
                Inspected{std::move(probed[i]->snapshot), std::move(probed[i]->answers)};
        else
            inspected[whose[i]] = tl::unexpected{std::move(probed[i]).error()};
    }
    return inspected;
}

}  // namespace

Result<Listing> list_drives(const Host& host, const Settings& settings) {
    Listing listing;
    const Names names = known_names(settings);
    for (DeviceSnapshot& snapshot : QUIETUS_TRY(discovery::list_drives(host))) {
        for (const std::string& gap : snapshot.usage.not_seen) {
            if (std::find(listing.not_seen.begin(), listing.not_seen.end(), gap) ==
                listing.not_seen.end())
                listing.not_seen.push_back(gap);
        }
        ListedDrive& drive = listing.drives.emplace_back();
        if (const Known* known = known_of(names, snapshot.identity)) {
            drive.newest = known->newest;
            if (!known->sanitized.empty()) drive.known_as = "sanitized " + known->sanitized;
        }
        drive.snapshot = std::move(snapshot);
    }
    return listing;
}

std::vector<Result<DeviceSnapshot>> inspect_drives(Host& host,
                                                   const std::vector<std::string>& typed) {
    std::vector<Result<DeviceSnapshot>> snapshots;
    for (auto& seen : inspect(host, typed, Answers::forget))
        snapshots.push_back(std::move(seen).map([](const Inspected& one) { return one.snapshot; }));
    return snapshots;
}

std::vector<Result<Inspected>> inspect_with_answers(Host& host,
                                                    const std::vector<std::string>& typed) {
    return inspect(host, typed, Answers::keep);
}

std::string use_text(const DeviceSnapshot& snapshot) {
    if (snapshot.usage.uses.empty()) return "free";
    std::string text;
    for (const Use& use : snapshot.usage.uses) {
        if (use.kind != UseKind::system_disk) text += (text.empty() ? "" : ", ") + use.what;
    }
    const bool system =
        std::any_of(snapshot.usage.uses.begin(), snapshot.usage.uses.end(),
                    [](const Use& use) { return use.kind == UseKind::system_disk; });
    if (system) text += text.empty() ? "system disk" : " (system disk)";
    return text;
}

}  // namespace quietus::app

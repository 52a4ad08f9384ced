// record_machine NOTE: looks at this machine as discovery does and prints it as a replayable file
// without serial numbers. Reads only.

#include <cstdio>

#include "discovery/discovery.h"
#include "host/linux_host.h"
#include "support/recording_host.h"

namespace {

using namespace quietus;

int run(const std::string& note) {
    LinuxHost linux_host;
    test::RecordingHost host{linux_host};
    const auto drives = discovery::list_drives(host);
    if (!drives) {
        std::fprintf(stderr, "record_machine: %s\n", drives.error().message.c_str());
        return 1;
    }
    std::vector<std::string> secrets;
    for (const DeviceSnapshot& drive : *drives) {
        if (drive.identity.serial.value) secrets.push_back(drive.identity.serial.value->raw);
        if (drive.identity.wwn.value) secrets.push_back(drive.identity.wwn.value->raw);
        const auto seen = discovery::inspect_drive(host, {drive.path, drive.number}, {});
        if (!seen)
            std::fprintf(stderr, "record_machine: %s: %s\n", drive.path.c_str(),
                         seen.error().message.c_str());
    }
    test::Machine machine = host.machine();
    machine.note = note;
    test::replace_secrets(machine, secrets);
    std::fputs(test::machine_to_text(machine).c_str(), stdout);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: record_machine NOTE > tests/machines/NAME.json\n", stderr);
        return 64;
    }
    return run(argv[1]);
}

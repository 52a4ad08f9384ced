#pragma once
// A machine built in a test, a line per fact: SmallMachine{}.disk("sda", "8:0").mount("8:0",
// "/srv").

#include <cstdio>
#include <string>

#include "discovery/discovery.h"
#include "support/replay_host.h"

namespace quietus::discovery {

inline DeviceNumber number(const std::string& text) {
    DeviceNumber value;
    std::sscanf(text.c_str(), "%u:%u", &value.major, &value.minor);
    return value;
}

class SmallMachine {
  public:
    SmallMachine() {
        machine_.links["/proc/1/ns/pid"] = "pid:[4026531836]";
        process(1, "mnt:[1]");
    }

    SmallMachine& disk(const std::string& name, const std::string& dev) {
        const std::string folder = "/sys/class/block/" + name;
        const bool is_virtual =
            name.starts_with("loop") || name.starts_with("dm") || name.starts_with("md");
        machine_.links[folder] =
            is_virtual ? "../../devices/virtual/block/" + name
                       : "../../devices/pci0/ata1/host0/target0:0:0/0:0:0:0/block/" + name;
        machine_.files[folder + "/dev"] = dev + "\n";
        machine_.files[folder + "/size"] = "2048\n";
        return *this;
    }
    SmallMachine& partition(const std::string& disk, const std::string& name,
                            const std::string& dev) {
        const std::string folder = "/sys/class/block/" + name;
        machine_.links[folder] = machine_.links["/sys/class/block/" + disk] + "/" + name;
        machine_.files[folder + "/dev"] = dev + "\n";
        machine_.files[folder + "/size"] = "1024\n";
        machine_.files[folder + "/start"] = "64\n";
        machine_.files[folder + "/partition"] = "1\n";
        return *this;
    }
    SmallMachine& holder(const std::string& lower, const std::string& upper) {
        machine_.links["/sys/class/block/" + lower + "/holders/" + upper] = "x";
        machine_.links["/sys/class/block/" + upper + "/slaves/" + lower] = "x";
        return *this;
    }
    SmallMachine& loop(const std::string& name, const std::string& dev,
                       const LoopBacking& backing) {
        disk(name, dev);
        machine_.files["/sys/class/block/" + name + "/loop/backing_file"] = "/elsewhere\n";
        machine_.loops["/dev/" + name] = backing;
        return *this;
    }
    SmallMachine& process(int id, const std::string& name_space) {
        const std::string folder = "/proc/" + std::to_string(id);
        machine_.links[folder + "/ns/mnt"] = name_space;
        machine_.links[folder + "/root"] = "/";
        return *this;
    }
    SmallMachine& mount(const std::string& dev, const std::string& point,
                        const std::string& rest = "ext4 /dev/x rw", int process = 1) {
        machine_.files["/proc/" + std::to_string(process) + "/mountinfo"] +=
            "30 1 " + dev + " / " + point + " rw shared:1 - " + rest + "\n";
        return *this;
    }
    SmallMachine& file(const std::string& path, const std::string& text) {
        machine_.files[path] = text;
        return *this;
    }
    SmallMachine& link(const std::string& path, const std::string& target) {
        machine_.links[path] = target;
        return *this;
    }
    SmallMachine& facts(const std::string& path, FileType type, const std::string& dev,
                        const std::string& rdev = "0:0") {
        machine_.facts[path] = FileFacts{type, number(dev), number(rdev), 7};
        return *this;
    }
    /// A folder with nothing in it that counts.
    SmallMachine& emptied(const std::string& path) {
        machine_.empty_folders.insert(path);
        return *this;
    }
    SmallMachine& error(const std::string& path, int error) {
        machine_.errors[path] = error;
        return *this;
    }
    SmallMachine& not_root() {
        machine_.root = false;
        return *this;
    }
    test::ReplayHost host() const { return test::ReplayHost{machine_}; }

    /// inspect_drive on the named device; the uses as "kind where: what" lines, then "not seen: …".
    std::string seen(const std::string& name, const InspectOptions& options = {}) const {
        test::ReplayHost replay{machine_};
        const auto named = resolve_device(replay, "/dev/" + name);
        if (!named) return named.error().message;
        const auto drive = inspect_drive(replay, *named, options);
        if (!drive) return drive.error().message;
        std::string text;
        for (const Use& use : drive->usage.uses)
            text += to_string(use.kind) + " " + use.where + ": " + use.what + "\n";
        for (const std::string& gap : drive->usage.not_seen) text += "not seen: " + gap + "\n";
        for (const std::string& gap : drive->usage.unseen_processes)
            text += "not seen: " + gap + "\n";
        return text;
    }

  private:
    test::Machine machine_;
};

}  // namespace quietus::discovery

#include "drive_options.h"

#include <cerrno>
#include <cstring>

namespace quietus::nvme_target {
namespace {

namespace nvme = test::nvme;

Taken taken_if(bool good) {
    return good ? Taken::taken : Taken::wrong;
}

bool add_image(nvme::ModelOptions& drive, const std::string& text, std::string& why) {
    const std::size_t first = text.find(':');
    const std::size_t second = first == std::string::npos ? first : text.find(':', first + 1);
    const std::string path = text.substr(0, first);
    const std::string sector =
        first == std::string::npos ? "512" : text.substr(first + 1, second - first - 1);
    const std::string kind = second == std::string::npos ? "shown" : text.substr(second + 1);
    if ((sector != "512" && sector != "4096") ||
        (kind != "shown" && kind != "hidden" && kind != "free")) {
        why = "not an image: " + text;
        return false;
    }
    auto medium = nvme::FileMedium::open(path);
    if (!medium) {
        why = path + ": " + std::strerror(errno);  // NOLINT(concurrency-mt-unsafe)
        return false;
    }
    drive.namespaces.push_back({.medium = std::move(medium),
                                .lba_size = sector == "512" ? 512U : 4096U,
                                .allocated = kind != "free",
                                .attached_to = kind == "shown" ? ~0U : 0U});
    return true;
}

}  // namespace

Taken take_drive_option(nvme::ModelOptions& drive, const std::string& name,
                        const std::string& value, std::string& why) {
    if (name == "--personality") {
        const auto found = nvme::personality(value);
        if (found) drive.personality = *found;
        if (!found) why = "no such drive: " + value;
        return taken_if(found.has_value());
    }
    if (name == "--knob") return taken_if(nvme::turn(drive.personality, value, why));
    if (name == "--image") return taken_if(add_image(drive, value, why));
    if (name == "--controllers") {
        drive.controllers = value == "2" ? 2 : 1;
        if (value != "1" && value != "2") why = "one or two controllers";
        return taken_if(why.empty());
    }
    if (name == "--state") {
        drive.state_file = value;
        return Taken::taken;
    }
    return Taken::not_ours;
}

void give_real_clock(nvme::ModelOptions& drive) {
    drive.clock = [] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now().time_since_epoch());
    };
}

}  // namespace quietus::nvme_target

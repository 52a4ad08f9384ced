// faultfs IMAGE MOUNT-POINT [RECORD]: serves MOUNT-POINT/disk, which holds what IMAGE holds, for a
// loop device to stand on. The rules in MOUNT-POINT/rules say how it misbehaves; RECORD gets a line
// for each request. `faultfs kinds` tells what faults there are. See docs/lab.md.

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include <sys/prctl.h>

#include "control.h"
#include "server.h"

namespace {

constexpr int kUsage = 64;

int complain(const std::string& what, int error) {
    const std::string why = std::generic_category().message(error);
    static_cast<void>(std::fprintf(stderr, "faultfs: %s: %s\n", what.c_str(), why.c_str()));
    return EXIT_FAILURE;
}

int serve(const std::vector<std::string>& words) {
    auto file = quietus::faultfs::BackingFile::open(words[1]);
    if (!file) return complain(words[1], errno);
    quietus::faultfs::Recorder recorder;
    if (words.size() > 3) {
        if (const int error = recorder.open(words[3]); error != 0) return complain(words[3], error);
    }
    // We stand below a block device: the kernel must not have us write to it to free memory. Needs
    // CAP_SYS_RESOURCE; without it, only a machine that is out of memory could tell.
    static_cast<void>(::prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0));
    quietus::faultfs::Disk disk{std::move(*file), recorder};
    return quietus::faultfs::Server{disk}.run(words[0], words[2]);
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> words{argv, argv + argc};
    if (words.size() == 2 && words[1] == "kinds") {
        static_cast<void>(std::fputs(quietus::faultfs::kinds_text().c_str(), stdout));
        return EXIT_SUCCESS;
    }
    if (words.size() < 3 || words.size() > 4) {
        static_cast<void>(
            std::fputs("usage: faultfs IMAGE MOUNT-POINT [RECORD] | faultfs kinds\n", stderr));
        return kUsage;
    }
    return serve(words);
}

#include "base/unique_fd.h"

#include <cerrno>
#include <unistd.h>

namespace quietus {

Result<void> UniqueFd::close() {
    const int fd = std::exchange(fd_, -1);
    if (fd >= 0 && ::close(fd) != 0) return sys_failure("close", errno);
    return {};
}

void UniqueFd::reset() noexcept {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

}  // namespace quietus

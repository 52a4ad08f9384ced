#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "base/result.h"

namespace quietus {

Error sys_error(std::string_view what, int saved_errno) {
    return Error{.code = ErrorCode::io,
                 .message = std::string{what} + ": " + std::generic_category().message(saved_errno),
                 .sys_errno = saved_errno,
                 .hint = {}};
}

void check_failed(const char* expression, const char* file, int line) {
    static_cast<void>(
        std::fprintf(stderr, "quietus: internal error: %s (%s:%d)\n", expression, file, line));
    std::abort();
}

}  // namespace quietus

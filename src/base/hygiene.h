#pragma once

namespace quietus {

/// No core dump and no debugger of the same user may carry keys out of this process: RLIMIT_CORE 0
/// and PR_SET_DUMPABLE 0. Descriptors 0 to 2 are opened on /dev/null where the caller left them
/// closed, so that no device is ever mistaken for standard output. Call first.
void keep_secrets_in();

}  // namespace quietus

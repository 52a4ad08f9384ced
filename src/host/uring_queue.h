#pragma once

#include <memory>

#include "host/host.h"
#include "host/io_queue.h"

namespace quietus {

/// io_uring on `fd` (which the caller keeps open): registered file and buffers where the kernel
/// allows them. Fails with the errno of io_uring_setup where io_uring is disabled (EPERM, ENOSYS):
/// then use the thread queue.
Result<std::unique_ptr<IoQueue>> make_uring_queue(int fd, const QueueOptions& options);

/// preadv2/pwritev2 in `depth` threads: the same contract without io_uring.
Result<std::unique_ptr<IoQueue>> make_thread_queue(int fd, const QueueOptions& options);

/// The first of the two that works here.
Result<std::unique_ptr<IoQueue>> make_linux_queue(int fd, const QueueOptions& options);

}  // namespace quietus

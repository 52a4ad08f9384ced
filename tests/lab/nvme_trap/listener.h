#pragma once
// seccomp's user notification: which system calls of a program wait for our answer, and the program
// that is started with that filter. See seccomp_unotify(2).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace quietus::nvme_trap {

/// An ioctl that waits.
struct Asked {
    std::uint64_t id{0};
    pid_t task{0};
    int descriptor{-1};
    std::uint32_t request{0};
    std::uint64_t argument{0};
};

struct Program {
    pid_t process{-1};
    int listener{-1};
};

/// Starts it with its ioctls of these requests held up; every other call is as ever. Its children
/// are held up too.
std::optional<Program> start(const std::vector<std::string>& words,
                             const std::vector<std::uint32_t>& requests, std::string& why);

/// Nothing where the one that asked has gone.
std::optional<Asked> receive(int listener);
/// Whether it still waits: what was read of its memory is then its own.
bool is_waiting(int listener, const Asked& asked);
/// A value, or minus an errno.
void answer(int listener, const Asked& asked, std::int64_t value);
/// The kernel does what was asked.
void let_through(int listener, const Asked& asked);

bool read_memory(pid_t task, std::uint64_t address, void* into, std::size_t size);
bool write_memory(pid_t task, std::uint64_t address, const void* from, std::size_t size);

}  // namespace quietus::nvme_trap

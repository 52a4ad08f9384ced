#include "listener.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

namespace quietus::nvme_trap {
namespace {

// Linux 5.19. Without it a signal takes the question back, and the call asks again: a command
// would be done twice.
constexpr unsigned long kWaitKillable = 1UL << 5U;
constexpr int kNotStarted = 126;

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#endif

sock_filter step(unsigned code, std::uint32_t value, unsigned yes = 0, unsigned no = 0) {
    return {static_cast<std::uint16_t>(code), static_cast<std::uint8_t>(yes),
            static_cast<std::uint8_t>(no), value};
}

std::vector<sock_filter> filter_for(const std::vector<std::uint32_t>& requests) {
    constexpr unsigned kLoad = BPF_LD | BPF_W | BPF_ABS;
    constexpr unsigned kIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
    constexpr unsigned kReturn = BPF_RET | BPF_K;
    std::vector<sock_filter> out{step(kLoad, offsetof(seccomp_data, arch)),
                                 step(kIfEqual, kArchitecture, 1, 0),
                                 step(kReturn, SECCOMP_RET_ALLOW),
                                 step(kLoad, offsetof(seccomp_data, nr)),
                                 step(kIfEqual, SYS_ioctl, 1, 0),
                                 step(kReturn, SECCOMP_RET_ALLOW),
                                 step(kLoad, offsetof(seccomp_data, args) + sizeof(std::uint64_t))};
    for (const std::uint32_t request : requests) {
        out.push_back(step(kIfEqual, request, 0, 1));
        out.push_back(step(kReturn, SECCOMP_RET_USER_NOTIF));
    }
    out.push_back(step(kReturn, SECCOMP_RET_ALLOW));
    return out;
}

int install(const std::vector<std::uint32_t>& requests) {
    std::vector<sock_filter> filter = filter_for(requests);
    sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    // Not allowed without privilege, and a program that gains none would not be the one we test.
    constexpr unsigned long kFlags = SECCOMP_FILTER_FLAG_NEW_LISTENER | kWaitKillable;
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, kFlags, &program));
}

// With a descriptor goes one byte.
bool send_descriptor(int socket, int descriptor) {
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
    return ::sendmsg(socket, &message, 0) == 1;
}

int receive_descriptor(int socket) {
    char byte = 0;
    iovec part{&byte, 1};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) return -1;
    const cmsghdr* head = CMSG_FIRSTHDR(&message);
    if (head == nullptr || head->cmsg_type != SCM_RIGHTS) return -1;
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(head), sizeof descriptor);
    return descriptor;
}

[[noreturn]] void become(const std::vector<std::string>& words,
                         const std::vector<std::uint32_t>& requests, int socket) {
    // Nobody would answer it when we are gone.
    static_cast<void>(::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0));
    sigset_t none;
    sigemptyset(&none);
    static_cast<void>(::sigprocmask(SIG_SETMASK, &none, nullptr));
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int listener = install(requests);
    if (listener < 0 || !send_descriptor(socket, listener)) ::_exit(kNotStarted);
    ::close(listener);
    ::execvp(arguments[0], arguments.data());
    ::_exit(kNotStarted);
}

}  // namespace

std::optional<Program> start(const std::vector<std::string>& words,
                             const std::vector<std::uint32_t>& requests, std::string& why) {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) {
        why = "no pair of sockets";
        return std::nullopt;
    }
    Program made;
    made.process = ::fork();
    if (made.process == 0) become(words, requests, pair[1]);
    ::close(pair[1]);
    if (made.process > 0) made.listener = receive_descriptor(pair[0]);
    ::close(pair[0]);
    if (made.listener < 0) {
        why = "no filter: it takes root, and Linux 5.19";
        return std::nullopt;
    }
    return made;
}

std::optional<Asked> receive(int listener) {
    seccomp_notif note{};
    if (::ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &note) != 0) return std::nullopt;
    return Asked{.id = note.id,
                 .task = static_cast<pid_t>(note.pid),
                 .descriptor = static_cast<int>(note.data.args[0]),
                 .request = static_cast<std::uint32_t>(note.data.args[1]),
                 .argument = note.data.args[2]};
}

bool is_waiting(int listener, const Asked& asked) {
    std::uint64_t id = asked.id;
    return ::ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void answer(int listener, const Asked& asked, std::int64_t value) {
    seccomp_notif_resp note{};
    note.id = asked.id;
    note.val = value < 0 ? 0 : value;
    note.error = value < 0 ? static_cast<std::int32_t>(value) : 0;
    // Who asked may have died meanwhile.
    static_cast<void>(::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &note));
}

void let_through(int listener, const Asked& asked) {
    seccomp_notif_resp note{};
    note.id = asked.id;
    note.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    static_cast<void>(::ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &note));
}

bool read_memory(pid_t task, std::uint64_t address, void* into, std::size_t size) {
    const iovec ours{into, size};
    const iovec theirs{reinterpret_cast<void*>(address), size};
    return ::process_vm_readv(task, &ours, 1, &theirs, 1, 0) == static_cast<ssize_t>(size);
}

bool write_memory(pid_t task, std::uint64_t address, const void* from, std::size_t size) {
    const iovec ours{const_cast<void*>(from), size};
    const iovec theirs{reinterpret_cast<void*>(address), size};
    return ::process_vm_writev(task, &ours, 1, &theirs, 1, 0) == static_cast<ssize_t>(size);
}

}  // namespace quietus::nvme_trap

#include "server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <linux/falloc.h>
#include <sys/signalfd.h>

#include "control.h"

namespace quietus::faultfs {

namespace {

constexpr fuse_ino_t kDisk = 2;
constexpr fuse_ino_t kRules = 3;
constexpr fuse_ino_t kCounts = 4;
constexpr fuse_ino_t kMark = 5;

struct File {
    const char* name;
    fuse_ino_t inode;
    mode_t mode;
};
constexpr std::array kFiles{
    File{"disk", kDisk, S_IFREG | 0600}, File{"rules", kRules, S_IFREG | 0600},
    File{"counts", kCounts, S_IFREG | 0400}, File{"mark", kMark, S_IFREG | 0200}};

Server& server_of(fuse_req_t request) {
    return *static_cast<Server*>(fuse_req_userdata(request));
}

struct stat attributes(const Server& server, fuse_ino_t inode) {
    struct stat status {};
    status.st_ino = inode;
    status.st_nlink = 1;
    status.st_mode = S_IFDIR | 0700;
    for (const File& file : kFiles) {
        if (file.inode == inode) status.st_mode = file.mode;
    }
    if (inode == kDisk) status.st_size = static_cast<off_t>(server.disk_size());
    return status;
}

// Attributes are never kept: the size may change.
constexpr double kAttributesAreGoodFor = 0;

void do_lookup(fuse_req_t request, fuse_ino_t /*parent*/, const char* name) {
    for (const File& file : kFiles) {
        if (std::strcmp(file.name, name) != 0) continue;
        fuse_entry_param entry{};
        entry.ino = file.inode;
        entry.attr = attributes(server_of(request), file.inode);
        entry.attr_timeout = kAttributesAreGoodFor;
        entry.entry_timeout = 1;
        fuse_reply_entry(request, &entry);
        return;
    }
    fuse_reply_err(request, ENOENT);
}

void do_getattr(fuse_req_t request, fuse_ino_t inode, fuse_file_info* /*info*/) {
    const struct stat status = attributes(server_of(request), inode);
    fuse_reply_attr(request, &status, kAttributesAreGoodFor);
}

// Only what a shell's redirection asks for: cutting off a control file, which means nothing.
void do_setattr(fuse_req_t request, fuse_ino_t inode, struct stat* /*wanted*/, int /*which*/,
                fuse_file_info* info) {
    if (inode == kDisk) {
        fuse_reply_err(request, EPERM);
        return;
    }
    do_getattr(request, inode, info);
}

void do_readdir(fuse_req_t request, fuse_ino_t inode, std::size_t size, off_t offset,
                fuse_file_info* /*info*/) {
    if (inode != FUSE_ROOT_ID) {
        fuse_reply_err(request, ENOTDIR);
        return;
    }
    std::vector<char> listing(size);
    std::size_t used = 0;
    for (auto i = static_cast<std::size_t>(offset); i < kFiles.size(); ++i) {
        const struct stat status = attributes(server_of(request), kFiles[i].inode);
        const std::size_t entry =
            fuse_add_direntry(request, listing.data() + used, size - used, kFiles[i].name, &status,
                              static_cast<off_t>(i + 1));
        if (entry > size - used) break;
        used += entry;
    }
    fuse_reply_buf(request, listing.data(), used);
}

void do_open(fuse_req_t request, fuse_ino_t inode, fuse_file_info* info) {
    Server& server = server_of(request);
    // No page cache between the kernel and us: each request is one that was made.
    info->direct_io = 1;
    if (inode != kDisk) {
        info->fh = server.opened.empty() ? 1 : server.opened.rbegin()->first + 1;
        server.opened[info->fh] = server.text_of(inode);
    }
    fuse_reply_open(request, info);
}

void do_release(fuse_req_t request, fuse_ino_t /*inode*/, fuse_file_info* info) {
    server_of(request).opened.erase(info->fh);
    fuse_reply_err(request, 0);
}

void do_read(fuse_req_t request, fuse_ino_t inode, std::size_t size, off_t offset,
             fuse_file_info* info) {
    Server& server = server_of(request);
    if (inode == kDisk) {
        server.submit(
            request,
            {.op = Op::read, .offset = static_cast<std::uint64_t>(offset), .length = size});
        return;
    }
    const std::string& text = server.opened[info->fh];
    const std::size_t from = std::min(static_cast<std::size_t>(offset), text.size());
    fuse_reply_buf(request, text.data() + from, std::min(size, text.size() - from));
}

void do_write(fuse_req_t request, fuse_ino_t inode, const char* data, std::size_t size,
              off_t offset, fuse_file_info* /*info*/) {
    Server& server = server_of(request);
    if (inode == kDisk) {
        const auto bytes = std::as_bytes(std::span{data, size});
        server.submit(request, {.op = Op::write,
                                .offset = static_cast<std::uint64_t>(offset),
                                .length = size,
                                .data = {bytes.begin(), bytes.end()}});
        return;
    }
    if (const int error = server.take(inode, {data, size}, offset == 0); error != 0) {
        fuse_reply_err(request, error);
    } else {
        fuse_reply_write(request, size);
    }
}

void do_fsync(fuse_req_t request, fuse_ino_t inode, int /*only_data*/, fuse_file_info* /*info*/) {
    if (inode == kDisk) {
        server_of(request).submit(request, {.op = Op::flush});
    } else {
        fuse_reply_err(request, 0);
    }
}

void do_fallocate(fuse_req_t request, fuse_ino_t inode, int mode, off_t offset, off_t length,
                  fuse_file_info* /*info*/) {
    if (inode != kDisk) {
        fuse_reply_err(request, EOPNOTSUPP);
        return;
    }
    server_of(request).submit(request,
                              {.op = (mode & FALLOC_FL_PUNCH_HOLE) != 0 ? Op::discard : Op::zero,
                               .offset = static_cast<std::uint64_t>(offset),
                               .length = static_cast<std::size_t>(length),
                               .mode = mode});
}

fuse_lowlevel_ops operations() {
    fuse_lowlevel_ops ops{};
    ops.lookup = do_lookup;
    ops.getattr = do_getattr;
    ops.setattr = do_setattr;
    ops.readdir = do_readdir;
    ops.open = do_open;
    ops.release = do_release;
    ops.read = do_read;
    ops.write = do_write;
    ops.fsync = do_fsync;
    ops.fallocate = do_fallocate;
    return ops;
}

int signals_as_descriptor() {
    sigset_t set{};
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    if (::pthread_sigmask(SIG_BLOCK, &set, nullptr) != 0) return -1;
    return ::signalfd(-1, &set, SFD_CLOEXEC);
}

}  // namespace

void Server::submit(fuse_req_t reply, Request request) {
    Held held{reply, std::move(request), std::nullopt, std::nullopt};
    held.rule = disk_.strikes(held.request);
    const bool hangs = held.rule && held.rule->fault == test::Fault::never_completes;
    if (!hangs && (!held.rule || held.rule->delay_ms == 0)) {
        finish(held);
        return;
    }
    if (!hangs) held.due = Clock::now() + std::chrono::milliseconds{held.rule->delay_ms};
    held_.push_back(std::move(held));
}

void Server::finish(const Held& held) {
    const Answer answer = disk_.perform(held.request, held.rule);
    if (answer.error != 0) {
        fuse_reply_err(held.reply, answer.error);
    } else if (held.request.op == Op::read) {
        const auto* const data = reinterpret_cast<const char*>(answer.data.data());
        fuse_reply_buf(held.reply, data, answer.data.size());
    } else if (held.request.op == Op::write) {
        fuse_reply_write(held.reply, held.request.length);
    } else {
        fuse_reply_err(held.reply, 0);
    }
}

void Server::finish_due() {
    const auto now = Clock::now();
    const auto later = std::stable_partition(
        held_.begin(), held_.end(), [&](const Held& held) { return held.due && *held.due <= now; });
    const std::vector<Held> due{std::make_move_iterator(held_.begin()),
                                std::make_move_iterator(later)};
    held_.erase(held_.begin(), later);
    for (const Held& held : due) finish(held);
}

void Server::begin_hanging_anew() {
    const auto slow = std::stable_partition(held_.begin(), held_.end(),
                                            [](const Held& held) { return !held.due; });
    std::vector<Held> hanging{std::make_move_iterator(held_.begin()),
                              std::make_move_iterator(slow)};
    held_.erase(held_.begin(), slow);
    for (Held& held : hanging) submit(held.reply, std::move(held.request));
}

int Server::milliseconds_to_the_next() const {
    std::optional<Clock::time_point> next;
    for (const Held& held : held_) {
        if (held.due && (!next || *held.due < *next)) next = held.due;
    }
    if (!next) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
    return static_cast<int>(std::max<std::int64_t>(left, 0));
}

std::string Server::text_of(fuse_ino_t file) const {
    if (file == kRules) return rules_text(disk_);
    if (file == kCounts) return counts_text(disk_, held_.size());
    return {};
}

int Server::take(fuse_ino_t file, std::string_view text, bool from_the_start) {
    if (file == kMark) {
        disk_.mark(text.substr(0, text.find('\n')));
        return 0;
    }
    if (file != kRules) return EPERM;
    const auto parsed = parse_rules(text);
    if (!parsed) return EINVAL;
    std::vector<test::FaultRule> rules;
    if (!from_the_start) rules = disk_.faults().rules();
    rules.insert(rules.end(), parsed->begin(), parsed->end());
    if (const int error = disk_.set_rules(rules); error != 0) return error;
    begin_hanging_anew();
    return 0;
}

void Server::serve(fuse_session* session, int signals) {
    fuse_buf buffer{};
    while (fuse_session_exited(session) == 0) {
        std::array<pollfd, 2> waits{pollfd{fuse_session_fd(session), POLLIN, 0},
                                    pollfd{signals, POLLIN, 0}};
        if (::poll(waits.data(), waits.size(), milliseconds_to_the_next()) < 0 && errno != EINTR)
            break;
        if (waits[1].revents != 0) break;
        if (waits[0].revents != 0) {
            const int received = fuse_session_receive_buf(session, &buffer);
            if (received > 0) fuse_session_process_buf(session, &buffer);
            if (received <= 0 && received != -EINTR && received != -EAGAIN) break;
        }
        finish_due();
    }
    for (const Held& held : held_) fuse_reply_err(held.reply, EIO);
    held_.clear();
    std::free(buffer.mem);  // NOLINT(cppcoreguidelines-*): libfuse allocated it.
}

int Server::run(const std::string& program, const std::string& mount_point) {
    const int signals = signals_as_descriptor();
    std::string name = program;
    std::string options = "-ofsname=faultfs,subtype=faultfs";
    std::array<char*, 2> arguments{name.data(), options.data()};
    fuse_args args = FUSE_ARGS_INIT(static_cast<int>(arguments.size()), arguments.data());
    const fuse_lowlevel_ops ops = operations();
    fuse_session* const session = fuse_session_new(&args, &ops, sizeof ops, this);
    if (signals < 0 || session == nullptr) return EXIT_FAILURE;
    if (fuse_session_mount(session, mount_point.c_str()) != 0) {
        fuse_session_destroy(session);
        return EXIT_FAILURE;
    }
    // What woke us may be gone when it is read: that must not block.
    const int device = fuse_session_fd(session);
    static_cast<void>(::fcntl(device, F_SETFL, ::fcntl(device, F_GETFL) | O_NONBLOCK));
    std::puts("ready");
    static_cast<void>(std::fflush(stdout));
    serve(session, signals);
    fuse_session_unmount(session);
    fuse_session_destroy(session);
    ::close(signals);
    return EXIT_SUCCESS;
}

}  // namespace quietus::faultfs

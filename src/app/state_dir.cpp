#include "app/state_dir.h"

#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <unistd.h>

#include <sys/file.h>

#include "app/load_key.h"
#include "base/bytes.h"
#include "base/file.h"
#include "base/random.h"

namespace quietus::app {

namespace {

constexpr std::size_t kPemSizeMax = 1024 * 1024;

// What a full or read-only disk says of our own files is a matter of configuration before the first
// write.
Error as_config(Error error, std::string hint) {
    error.code = ErrorCode::config;
    if (error.hint.empty()) error.hint = std::move(hint);
    return error;
}

template <class T>
Result<T> config_result(Result<T> result, const std::string& hint) {
    if (!result) return tl::unexpected{as_config(std::move(result).error(), hint)};
    return result;
}

// Two first runs at once must not each make a key or a register: whoever comes second finds the
// first one's.
Result<UniqueFd> lock_state(const StateDir& state) {
    const std::string path = state.path() + "/.lock";
    UniqueFd lock{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!lock.is_open())
        return tl::unexpected{
            as_config(sys_error("open " + path, errno), "name another folder with --state-dir")};
    while (flock(lock.get(), LOCK_EX) != 0) {
        if (errno != EINTR) return tl::unexpected{as_config(sys_error("flock " + path, errno), "")};
    }
    return lock;
}

Result<LoadedKey> find_or_make_key(const StateDir& state, const Settings& settings, UtcTime now) {
    if (settings.key_file.empty() != settings.certificate_file.empty())
        return failure(ErrorCode::config, "a key needs its certificate",
                       "give both --key and --cert, or neither");
    if (!settings.key_file.empty()) {
        auto key = QUIETUS_TRY(load_named_signing_key(settings));
        return LoadedKey{.key = std::move(key), .made = false};
    }
    const UniqueFd lock = QUIETUS_TRY(lock_state(state));
    const bool there = ::access(state.local_key().c_str(), F_OK) == 0;
    if (!there) {
        const std::string host =
            QUIETUS_TRY(config_result(read_whole_file("/proc/sys/kernel/hostname", 256), ""));
        const auto made = QUIETUS_TRY(certs::make_local_key(
            "quietus local key of " + printable_ascii(host.substr(0, host.find('\n'))), now));
        // The certificate first: a key without one would be refused for ever.
        QUIETUS_TRY(config_result(
            write_file_durably(state.local_certificate(), made.certificate_pem, 0644), ""));
        std::string pem = text_of(made.key_pem.span());
        const auto written = config_result(write_file_durably(state.local_key(), pem, 0600), "");
        wipe(std::as_writable_bytes(std::span{pem}));
        QUIETUS_TRY(written);
    }
    auto key = QUIETUS_TRY(load_own_key(state.local_key(), state.local_certificate()));
    return LoadedKey{.key = std::move(key), .made = !there};
}

}  // namespace

Result<void> check_writable(const std::string& folder, std::size_t bytes, const std::string& role) {
    const std::string hint = "free some room, or name another folder for the " + role;
    QUIETUS_TRY(config_result(make_directories(folder, 0700), hint));
    const std::string probe = folder + "/.quietus-probe-" + std::to_string(getpid());
    auto written = config_result(write_file_durably(probe, std::string(bytes, '\0'), 0600), hint);
    ::unlink(probe.c_str());
    return written;
}

Result<void> StateDir::prepare() const {
    for (const std::string& folder :
         {path_, journal_dir(), spool_dir(), run_dir(), path_ + "/keys", register_dir()}) {
        QUIETUS_TRY(
            config_result(make_directories(folder, 0700), "name another folder with --state-dir"));
    }
    return {};
}

Result<std::vector<std::string>> StateDir::journals() const {
    std::error_code fault;
    std::vector<std::string> found;
    for (std::filesystem::directory_iterator at{journal_dir(), fault}, end; !fault && at != end;
         at.increment(fault)) {
        if (at->path().string().ends_with(kJournalSuffix)) found.push_back(at->path().string());
    }
    if (fault) return failure(ErrorCode::config, journal_dir() + ": " + fault.message());
    std::sort(found.begin(), found.end());
    return found;
}

Result<void> StateDir::check_room() const {
    constexpr std::size_t kRoomForARun = 512 * 1024;
    return check_writable(path_, kRoomForARun, "state (--state-dir)");
}

Result<LoadedKey> load_or_make_key(const StateDir& state, const Settings& settings, UtcTime now) {
    LoadedKey loaded = QUIETUS_TRY(find_or_make_key(state, settings, now));
    // Found out now, and not after the erase.
    QUIETUS_TRY(config_result(loaded.key.valid_at(now),
                              "get a certificate that is valid today, or set the clock"));
    return loaded;
}

Result<certs::Register> open_register(const StateDir& state, bool create) {
    std::optional<UniqueFd> lock;
    if (create) lock = QUIETUS_TRY(lock_state(state));
    const std::string database = state.register_dir() + "/register.sqlite";
    const std::string key_file = state.register_dir() + "/log.key.pem";
    const std::string origin_file = state.register_dir() + "/origin";
    const bool there = ::access(database.c_str(), F_OK) == 0;
    if (!there && !create)
        return failure(ErrorCode::config, "no register under " + state.path(),
                       "make one with: quietus register init");
    if (!there) {
        std::array<std::byte, 16> random{};
        QUIETUS_TRY(fill_random(random));
        QUIETUS_TRY(config_result(make_directories(state.register_dir(), 0700), ""));
        const auto key = QUIETUS_TRY(certs::make_log_key("quietus-register/" + to_hex(random)));
        QUIETUS_TRY(config_result(write_file_durably(origin_file, key.origin, 0644), ""));
        QUIETUS_TRY(config_result(write_file_durably(key_file, key.pem(), 0600), ""));
    }
    const std::string origin = QUIETUS_TRY(config_result(
        read_whole_file(origin_file, 4096), "the register is damaged: restore it from a copy"));
    std::string pem =
        QUIETUS_TRY(config_result(read_whole_file(key_file, kPemSizeMax),
                                  "the register's key is missing: restore it from a copy"));
    auto loaded = certs::load_log_key(origin, pem);
    wipe(std::as_writable_bytes(std::span{pem}));
    auto key = QUIETUS_TRY_CONTEXT(std::move(loaded), key_file);
    auto store = QUIETUS_TRY(certs::open_sqlite_store(database, /*create=*/!there));
    return certs::Register{std::move(store), std::move(key)};
}

Result<std::string> local_certificate_pem(const StateDir& state) {
    auto pem = read_whole_file(state.local_certificate(), kPemSizeMax);
    if (!pem && pem.error().sys_errno == ENOENT) return std::string{};
    return config_result(std::move(pem), "give --ca FILE or --fingerprint SHA256");
}

}  // namespace quietus::app

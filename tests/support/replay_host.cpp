#include "support/replay_host.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace quietus::test {

namespace {

std::optional<DeviceNumber> parse_number_pair(const std::string& text) {
    DeviceNumber number;
    if (std::sscanf(text.c_str(), "%u:%u", &number.major, &number.minor) != 2) return std::nullopt;
    return number;
}

class ReplayHandle final : public ReadHandle {
  public:
    /// `answers`: nothing of a device that takes no NVMe commands.
    ReplayHandle(HandleFacts facts, std::optional<std::vector<NvmeAnswer>> answers)
        : facts_{facts}, answers_{std::move(answers)} {}
    Result<HandleFacts> facts() override { return facts_; }
    Result<void> read_direct(std::uint64_t /*offset*/, std::span<std::byte> /*out*/) override {
        return failure(ErrorCode::unsupported, "a replayed machine has no data");
    }

    Result<NvmeCompletion> nvme_query(const NvmeQuery& query, std::span<std::byte> out) override {
        if (!answers_) return ReadHandle::nvme_query(query, out);
        return replay(*answers_, query, out);
    }

  private:
    HandleFacts facts_;
    std::optional<std::vector<NvmeAnswer>> answers_;
};

}  // namespace

ReplayHost::ReplayHost(Machine machine) : machine_{std::move(machine)} {
    const auto add_parents = [&](std::string path) {
        for (auto slash = path.rfind('/'); slash != std::string::npos; slash = path.rfind('/')) {
            const std::string parent = slash == 0 ? "/" : path.substr(0, slash);
            const bool is_new = folders_[parent].insert(path.substr(slash + 1)).second;
            if (!is_new || slash == 0) break;
            path = parent;
        }
    };
    for (const auto& [path, text] : machine_.files) add_parents(path);
    for (const auto& [path, target] : machine_.links) add_parents(path);
    for (const auto& [path, facts] : machine_.facts) add_parents(path);
    for (const auto& [path, error] : machine_.errors) add_parents(path);
    for (const std::string& path : machine_.empty_folders) {
        add_parents(path);
        folders_.try_emplace(path);
    }
}

Machine ReplayHost::machine(const std::string& name) {
    auto machine = load_machine(name);
    if (!machine) {
        std::fprintf(stderr, "tests/machines/%s.json: %s\n", name.c_str(),
                     machine.error().message.c_str());
        std::abort();
    }
    return std::move(*machine);
}

std::vector<std::string> ReplayHost::unread() const {
    std::vector<std::string> paths;
    const auto note = [&](const std::string& path) {
        if (asked_.count(path) == 0) paths.push_back(path);
    };
    for (const auto& [path, text] : machine_.files) note(path);
    for (const auto& [path, target] : machine_.links) {
        // Of a holder, a slave or a btrfs member the name is all there is to read.
        const std::string folder = path.substr(0, path.rfind('/'));
        if (folder.ends_with("/holders") || folder.ends_with("/slaves") ||
            folder.ends_with("/devices"))
            note(folder);
        else
            note(path);
    }
    for (const auto& [path, facts] : machine_.facts) note(path);
    return paths;
}

Result<void> ReplayHost::check_error(const std::string& path) const {
    asked_.insert(path);
    if (const auto error = machine_.errors.find(path); error != machine_.errors.end()) {
        return sys_failure(path, error->second);
    }
    return {};
}

Result<std::string> ReplayHost::read_file(const std::string& path) const {
    QUIETUS_TRY(check_error(path));
    const auto file = machine_.files.find(path);
    if (file == machine_.files.end()) return sys_failure("open " + path, ENOENT);
    return file->second;
}

Result<std::vector<std::string>> ReplayHost::list_directory(const std::string& path) const {
    QUIETUS_TRY(check_error(path));
    const auto folder = folders_.find(path);
    if (folder == folders_.end()) return sys_failure("open " + path, ENOENT);
    return std::vector<std::string>{folder->second.begin(), folder->second.end()};
}

Result<std::string> ReplayHost::read_link(const std::string& path) const {
    QUIETUS_TRY(check_error(path));
    const auto link = machine_.links.find(path);
    if (link == machine_.links.end()) return sys_failure("readlink " + path, ENOENT);
    return link->second;
}

std::optional<FileFacts> ReplayHost::node_facts(const std::string& path) const {
    if (!path.starts_with("/dev/")) return std::nullopt;
    const auto dev = machine_.files.find("/sys/class/block/" + path.substr(5) + "/dev");
    const auto number = dev == machine_.files.end() ? std::nullopt : parse_number_pair(dev->second);
    if (!number) return std::nullopt;
    return FileFacts{.type = FileType::block, .file_system = {0, 6}, .number = *number, .inode = 0};
}

Result<FileFacts> ReplayHost::file_facts(const std::string& path, bool /*follow*/) const {
    QUIETUS_TRY(check_error(path));
    if (const auto facts = machine_.facts.find(path); facts != machine_.facts.end())
        return facts->second;
    if (const auto facts = node_facts(path)) return *facts;
    if (folders_.count(path) != 0)
        return FileFacts{.type = FileType::directory, .file_system = {}, .number = {}, .inode = 0};
    return sys_failure("stat " + path, ENOENT);
}

Result<std::string> ReplayHost::real_path(const std::string& path) const {
    std::string at = path;
    for (int links = 0; links < 40; ++links) {
        QUIETUS_TRY(check_error(at));
        const auto link = machine_.links.find(at);
        if (link == machine_.links.end()) {
            const auto facts = file_facts(at, /*follow=*/true);
            if (!facts) return tl::unexpected{facts.error()};
            return at;
        }
        at = (std::filesystem::path{at}.parent_path() / link->second).lexically_normal().string();
    }
    return sys_failure(path, ELOOP);
}

Result<std::unique_ptr<ReadHandle>> ReplayHost::open_query(const std::string& node) {
    opened_.push_back(node);
    QUIETUS_TRY(check_error(node));
    std::optional<std::vector<NvmeAnswer>> answers;
    if (const auto at = machine_.nvme.find(node); at != machine_.nvme.end()) answers = at->second;
    if (const auto handle = machine_.handles.find(node); handle != machine_.handles.end()) {
        return std::make_unique<ReplayHandle>(handle->second, std::move(answers));
    }
    const auto facts = node_facts(node);
    if (!facts) return sys_failure("open " + node, ENOENT);
    HandleFacts handle;
    handle.number = facts->number;
    const auto number = [&](const char* attribute, std::uint64_t otherwise) {
        const auto file =
            machine_.files.find("/sys/class/block/" + node.substr(5) + "/" + attribute);
        return file == machine_.files.end() ? otherwise
                                            : std::strtoull(file->second.c_str(), nullptr, 10);
    };
    handle.size = {number("size", 0) * 512};
    handle.logical_sector = static_cast<std::uint32_t>(number("queue/logical_block_size", 512));
    handle.physical_sector = static_cast<std::uint32_t>(number("queue/physical_block_size", 512));
    handle.read_only = number("ro", 0) != 0;
    if (const auto loop = machine_.loops.find(node); loop != machine_.loops.end())
        handle.backing = loop->second;
    return std::make_unique<ReplayHandle>(handle, std::move(answers));
}

Result<std::vector<FoundSignature>> ReplayHost::probe_signatures(const std::string& node) {
    opened_.push_back(node);
    QUIETUS_TRY(check_error(node));
    const auto found = machine_.signatures.find(node);
    return found == machine_.signatures.end() ? std::vector<FoundSignature>{} : found->second;
}

Result<std::optional<LoopBacking>> ReplayHost::loop_backing(const std::string& node) {
    opened_.push_back(node);
    QUIETUS_TRY(check_error(node));
    const auto loop = machine_.loops.find(node);
    if (loop == machine_.loops.end()) return sys_failure("open " + node, ENOENT);
    return loop->second;
}

Result<std::unique_ptr<WriteHandle>> ReplayHost::open_writable(const WritePermit& /*permit*/,
                                                               int /*wait_ms*/) {
    return failure(ErrorCode::unsupported, "a replayed machine cannot be written");
}

}  // namespace quietus::test

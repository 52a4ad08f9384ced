#include "support/recording_host.h"

#include <algorithm>
#include <cerrno>
#include <sstream>

#include "base/bytes.h"

namespace quietus::test {

namespace {

bool is_open_file(const std::string& path) {
    return path.find("/fd/") != std::string::npos || path.find("/map_files/") != std::string::npos;
}

std::string swapped(std::string text) {
    if (text.size() % 2 != 0) text += ' ';
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) std::swap(text[i], text[i + 1]);
    return text;
}

// Digits for digits, letters for letters, hex for hex; what comes before the first '-' or '.' names
// a kind and stays.
std::string stand_in(const std::string& secret, std::size_t index) {
    const std::string noise = sha256_hex("replaced " + std::to_string(index));
    const auto kind = secret.find_first_of("-.");
    const std::size_t begin = kind == std::string::npos ? 0 : kind;
    const bool hex = secret.find_first_of("ghijklmnopqrstuvwxyz", begin) == std::string::npos;
    std::string text = secret;
    for (std::size_t i = begin; i < text.size(); ++i) {
        const auto value = static_cast<unsigned char>(noise[i % noise.size()]);
        if (text[i] >= '0' && text[i] <= '9')
            text[i] = static_cast<char>('0' + value % 10);
        else if (text[i] >= 'a' && text[i] <= 'z')
            text[i] = static_cast<char>('a' + value % (hex ? 6 : 26));
        else if (text[i] >= 'A' && text[i] <= 'Z')
            text[i] = static_cast<char>('A' + value % 26);
    }
    return text;
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
}

// What leads to no drive (tmpfs, cgroups, network) is nobody's business, and so are the names of
// programs.
std::string kept_text(const std::string& path, const std::string& text) {
    if (path.ends_with("/comm")) return "program\n";
    if (!path.ends_with("/mountinfo")) return text;
    std::string kept;
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        const bool anonymous = line.find(" 0:") != std::string::npos;
        const bool stacked = line.find(" - btrfs ") != std::string::npos ||
                             line.find(" - zfs ") != std::string::npos ||
                             line.find(" - overlay ") != std::string::npos;
        if (!anonymous || stacked) kept += line + "\n";
    }
    return kept;
}

// Of IDENTIFY DEVICE only serial, firmware and model are read; the rest (WWN in words 108 to 111)
// is blanked.
void blank_identify(std::string& page) {
    constexpr std::size_t kIdentify = 60;
    for (std::size_t i = kIdentify; i < page.size(); ++i) {
        const std::size_t word = (i - kIdentify) / 2;
        const bool kept = (word >= 10 && word < 20) || (word >= 23 && word < 47);
        if (!kept) page[i] = '\0';
    }
}

}  // namespace

void replace_secrets(Machine& machine, const std::vector<std::string>& secrets) {
    std::vector<std::string> longest_first = secrets;
    std::sort(longest_first.begin(), longest_first.end(), [](const auto& a, const auto& b) {
        return a.size() != b.size() ? a.size() > b.size() : a < b;
    });
    longest_first.erase(std::unique(longest_first.begin(), longest_first.end()),
                        longest_first.end());
    for (auto& [path, text] : machine.files) {
        if (path.ends_with("/vpd_pg89")) blank_identify(text);
        for (std::size_t i = 0; i < longest_first.size(); ++i) {
            const std::string& secret = longest_first[i];
            if (secret.size() < 4) continue;
            replace_all(text, secret, stand_in(secret, i));
            if (path.ends_with("/vpd_pg89"))
                replace_all(text, swapped(secret), swapped(stand_in(secret, i)));
        }
    }
}

void RecordingHost::note_error(const std::string& path, const Error& error) const {
    if (error.sys_errno != 0 && error.sys_errno != ENOENT && error.sys_errno != ESRCH) {
        machine_.errors[path] = error.sys_errno;
    }
}

Result<std::string> RecordingHost::read_file(const std::string& path) const {
    auto text = inner_.read_file(path);
    if (text)
        machine_.files[path] = kept_text(path, *text);
    else
        note_error(path, text.error());
    return text;
}

Result<std::vector<std::string>> RecordingHost::list_directory(const std::string& path) const {
    auto names = inner_.list_directory(path);
    if (!names) note_error(path, names.error());
    // Folders follow from what was read in them; of these only the names are.
    if (names && (path.ends_with("/holders") || path.ends_with("/slaves"))) {
        for (const std::string& name : *names) {
            const auto target = inner_.read_link(path + "/" + name);
            if (target) machine_.links[path + "/" + name] = *target;
        }
    }
    return names;
}

Result<std::string> RecordingHost::read_link(const std::string& path) const {
    auto target = inner_.read_link(path);
    if (target)
        machine_.links[path] = *target;
    else
        note_error(path, target.error());
    return target;
}

Result<FileFacts> RecordingHost::file_facts(const std::string& path, bool follow) const {
    auto facts = inner_.file_facts(path, follow);
    if (facts && (!is_open_file(path) || facts->type == FileType::block))
        machine_.facts[path] = *facts;
    if (!facts && !is_open_file(path)) note_error(path, facts.error());
    return facts;
}

Result<std::unique_ptr<ReadHandle>> RecordingHost::open_query(const std::string& node) {
    auto handle = inner_.open_query(node);
    const auto facts = handle ? (*handle)->facts() : tl::unexpected{handle.error()};
    if (facts) machine_.handles[node] = *facts;
    return handle;
}

Result<std::vector<FoundSignature>> RecordingHost::probe_signatures(const std::string& node) {
    auto found = inner_.probe_signatures(node);
    if (found) machine_.signatures[node] = *found;
    return found;
}

Result<std::optional<LoopBacking>> RecordingHost::loop_backing(const std::string& node) {
    auto backing = inner_.loop_backing(node);
    if (backing) machine_.loops[node] = *backing;
    return backing;
}

Result<std::unique_ptr<WriteHandle>> RecordingHost::open_writable(const WritePermit& /*permit*/,
                                                                  int /*wait_ms*/) {
    return failure(ErrorCode::unsupported, "nothing is written while recording");
}

}  // namespace quietus::test

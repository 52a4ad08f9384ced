#include "recorder.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <openssl/evp.h>

namespace quietus::faultfs {

namespace {

std::string sha256_of(std::span<const std::byte> data) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
        std::abort();
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
        text += kDigits[digest[i] >> 4U];
        text += kDigits[digest[i] & 0xFU];
    }
    return text;
}

}  // namespace

Recorder::~Recorder() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

int Recorder::open(const std::string& path) {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    return descriptor_ < 0 ? errno : 0;
}

void Recorder::add(const Recorded& what) {
    if (descriptor_ < 0) return;
    nlohmann::json line{{"n", next_++},
                        {"op", what.op},
                        {"offset", what.offset},
                        {"length", what.length},
                        {"error", what.error}};
    if (!what.data.empty()) line["sha256"] = sha256_of(what.data);
    if (!what.fault.empty()) line["fault"] = what.fault;
    if (!what.text.empty()) line["text"] = what.text;
    const std::string text =
        line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
    if (::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size())) return;
    std::perror("faultfs: record");
    std::_Exit(EXIT_FAILURE);
}

}  // namespace quietus::faultfs

#pragma once
// A Host that passes every question on and keeps the answers as a Machine.

#include "support/machine_file.h"

namespace quietus::test {

class RecordingHost final : public Host {
  public:
    explicit RecordingHost(Host& inner) : inner_{inner} {
        machine_.origin = "recorded";
        machine_.root = inner.is_root();
        machine_.own_process = inner.own_process();
    }

    /// What was recorded. Of the open files of processes only block devices are kept.
    const Machine& machine() const { return machine_; }

    Result<std::string> read_file(const std::string& path) const override;
    Result<std::vector<std::string>> list_directory(const std::string& path) const override;
    Result<std::string> read_link(const std::string& path) const override;
    Result<FileFacts> file_facts(const std::string& path, bool follow) const override;
    Result<std::string> real_path(const std::string& path) const override {
        return inner_.real_path(path);
    }
    bool is_root() const override { return inner_.is_root(); }
    std::chrono::milliseconds wait_for_close(const std::vector<std::string>& nodes,
                                             std::chrono::milliseconds limit) const override {
        return inner_.wait_for_close(nodes, limit);
    }
    int own_process() const override { return inner_.own_process(); }

    Result<std::unique_ptr<ReadHandle>> open_query(const std::string& node) override;
    Result<std::vector<FoundSignature>> probe_signatures(const std::string& node) override;
    Result<std::optional<LoopBacking>> loop_backing(const std::string& node) override;
    Result<std::unique_ptr<WriteHandle>> open_writable(const WritePermit& permit,
                                                       int wait_ms) override;

  private:
    void note_error(const std::string& path, const Error& error) const;

    Host& inner_;
    mutable Machine machine_;
};

/// Replaces each of `secrets` (serial numbers, WWNs) everywhere by other letters and digits: equal
/// ones stay equal, lengths and punctuation stay. Also where ATA has swapped the bytes.
void replace_secrets(Machine& machine, const std::vector<std::string>& secrets);

}  // namespace quietus::test

#pragma once
// The machine we run on. The only implementation of Host that touches it.

#include "host/host.h"

namespace quietus {

/// Stateless: each call asks the kernel anew. Safe from several threads.
class LinuxHost final : public Host {
  public:
    Result<std::string> read_file(const std::string& path) const override;
    Result<std::vector<std::string>> list_directory(const std::string& path) const override;
    Result<std::string> read_link(const std::string& path) const override;
    Result<FileFacts> file_facts(const std::string& path, bool follow) const override;
    Result<std::string> real_path(const std::string& path) const override;
    std::chrono::milliseconds wait_for_close(const std::vector<std::string>& nodes,
                                             std::chrono::milliseconds limit) const override;
    bool is_root() const override;
    int own_process() const override;

    Result<std::unique_ptr<ReadHandle>> open_query(const std::string& node) override;
    Result<std::vector<FoundSignature>> probe_signatures(const std::string& node) override;
    Result<std::optional<LoopBacking>> loop_backing(const std::string& node) override;

    Result<std::unique_ptr<WriteHandle>> open_writable(const WritePermit& permit,
                                                       int wait_ms) override;
};

}  // namespace quietus

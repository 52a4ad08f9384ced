#pragma once
// A Host that plays a Machine back and writes down what was asked. Nothing of it can be written to.

#include <set>
#include <string>
#include <vector>

#include "support/machine_file.h"

namespace quietus::test {

class ReplayHost final : public Host {
  public:
    explicit ReplayHost(Machine machine);
    /// Loads tests/machines/NAME.json; aborts the test program where that fails.
    static Machine machine(const std::string& name);

    /// Files, links and facts of the machine that nobody asked for.
    std::vector<std::string> unread() const;
    /// Nodes that were opened (queries, probes, loop questions), in order.
    const std::vector<std::string>& opened() const { return opened_; }

    Result<std::string> read_file(const std::string& path) const override;
    Result<std::vector<std::string>> list_directory(const std::string& path) const override;
    Result<std::string> read_link(const std::string& path) const override;
    Result<FileFacts> file_facts(const std::string& path, bool follow) const override;
    Result<std::string> real_path(const std::string& path) const override;
    /// Nobody closes anything on a recorded machine: the limit is over at once.
    std::chrono::milliseconds wait_for_close(const std::vector<std::string>& /*nodes*/,
                                             std::chrono::milliseconds limit) const override {
        return limit;
    }
    bool is_root() const override { return machine_.root; }
    int own_process() const override { return machine_.own_process; }

    Result<std::unique_ptr<ReadHandle>> open_query(const std::string& node) override;
    Result<std::vector<FoundSignature>> probe_signatures(const std::string& node) override;
    Result<std::optional<LoopBacking>> loop_backing(const std::string& node) override;
    Result<std::unique_ptr<WriteHandle>> open_writable(const WritePermit& permit,
                                                       int wait_ms) override;

  private:
    Result<void> check_error(const std::string& path) const;
    std::optional<FileFacts> node_facts(const std::string& path) const;

    Machine machine_;
    std::map<std::string, std::set<std::string>> folders_;
    mutable std::set<std::string> asked_;
    std::vector<std::string> opened_;
};

}  // namespace quietus::test

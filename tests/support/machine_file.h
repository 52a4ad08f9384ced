#pragma once
// A machine in a file (tests/machines/README.md): everything discovery asked of a host, and the
// answers.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "host/host.h"
#include "host/nvme_answer.h"

namespace quietus::test {

struct Machine {
    std::string origin{"synthetic"};  ///< "recorded" or "synthetic"
    std::string note;
    bool root{true};
    int own_process{1};
    std::map<std::string, std::string> files;
    std::map<std::string, std::string> links;
    std::map<std::string, FileFacts> facts;
    std::set<std::string> empty_folders;  ///< Only tests make them; a file has no need.
    std::map<std::string, int> errors;    ///< Path → errno, for whatever is asked of it.
    std::map<std::string, std::optional<LoopBacking>> loops;
    std::map<std::string, std::vector<FoundSignature>> signatures;
    std::map<std::string, HandleFacts> handles;
    /// Node → what its NVMe controller answered; without an entry it takes no NVMe commands.
    std::map<std::string, std::vector<NvmeAnswer>> nvme;
};

Result<Machine> machine_from_json(const Json& json);
/// One path a line, so that a diff can be read.
std::string machine_to_text(const Machine& machine);

/// tests/machines/NAME.json.
Result<Machine> load_machine(const std::string& name);

}  // namespace quietus::test

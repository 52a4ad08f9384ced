#pragma once
// A device model of an NVMe subsystem with one or two controllers, at wire level: 64-byte commands
// go in, completions come out. It is a second opinion about NVMe: it shares no code with quietus'
// drivers, and it looks at the media from behind, where no host can.
//
// All state is plain memory which forked processes share and which can be a file: a model that is
// destroyed (or whose process is killed) is continued by the next one with the same state file.
// One thread of one process at a time.
//
// Where a behaviour is our own choice, or written from memory of the standard, the code says so.

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/nvme_medium.h"
#include "support/nvme_personality.h"
#include "support/nvme_state.h"
#include "support/nvme_wire.h"

namespace quietus::test::nvme {

enum class Answer {
    completed,
    held,  ///< Asynchronous Event Request: answered later, when Model::next_event has something.
    gone,  ///< There is no drive any more: the command never completes.
};

struct Completion {
    std::uint16_t status{0};  ///< SCT << 8 | SC, with 4000h: do not retry.
    std::uint32_t dw0{0};
    Answer answer{Answer::completed};
    /// The completion is on its way for so long. Whoever honours it advances the clock by as much
    /// before he looks at the status (Model::run does), and drops it where there was a reset
    /// meanwhile.
    std::chrono::milliseconds takes{0};
};

struct NamespaceSpec {
    std::unique_ptr<Medium> medium;
    std::uint32_t lba_size{512};  ///< 512 or 4096.
    bool allocated{true};  ///< Else its medium is capacity that Namespace Management can give out.
    unsigned attached_to{~0U};  ///< A bit for each controller; 0: hidden.
};

struct ModelOptions {
    Personality personality{};
    std::vector<NamespaceSpec> namespaces;  ///< NSID 1 first; at most kNamespacesMax.
    unsigned controllers{1};                ///< 1 or 2.
    bool fabrics{false};                    ///< Identify also says what NVMe over Fabrics needs.
    std::string state_file{};               ///< Empty: memory.
    /// A clock that the model reads before each command, beside advance(); none: advance() alone.
    std::function<std::chrono::milliseconds()> clock{};
    std::uint64_t seed{1};  ///< Of random remains.
    /// The host reads the media past the model: what is deallocated is made to look so.
    bool host_reads_media{false};
};

class Model {
  public:
    /// Nothing where the options are wrong or the state file is of another drive; `why` says why.
    static std::unique_ptr<Model> make(ModelOptions options, std::string& why);
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    ~Model();

    /// May be changed at any time; holds from the next command on.
    Personality personality;

    // -- The wire. Controllers are 0 and 1 (CNTLID 1 and 2).
    // `data`: what the command transfers, in either direction; a shorter one gets the first bytes.
    Completion admin(unsigned controller, std::span<const std::byte, 64> sqe,
                     std::span<std::byte> data);
    /// The same for a caller without a clock of his own: advances by what it takes.
    Completion run(unsigned controller, std::span<const std::byte, 64> sqe,
                   std::span<std::byte> data);
    Completion io(unsigned controller, std::span<const std::byte, 64> sqe,
                  std::span<std::byte> data);
    /// What a held Asynchronous Event Request is completed with (dword 0), once.
    std::optional<std::uint32_t> next_event(unsigned controller);

    // -- Media commands without a queue entry; the status.
    std::uint16_t read(std::uint32_t nsid, std::uint64_t lba, std::span<std::byte> into,
                       unsigned controller = 0);
    std::uint16_t write(std::uint32_t nsid, std::uint64_t lba, std::span<const std::byte> bytes,
                        unsigned controller = 0);
    std::uint16_t write_zeroes(std::uint32_t nsid, std::uint64_t lba, std::uint64_t count,
                               unsigned controller = 0, bool deallocate = false);
    std::uint16_t deallocate(std::uint32_t nsid, std::uint64_t lba, std::uint64_t count,
                             unsigned controller = 0);
    std::uint16_t flush(std::uint32_t nsid, unsigned controller = 0);

    // -- What happens to it
    void advance(std::chrono::milliseconds by);
    /// Advances by what the clock of the options has moved; every command does it too.
    void look_at_clock() { sync_clock(); }
    /// Background operations stand still until release(), which also ends a stall.
    void freeze() { state().frozen = 1; }
    void release();
    void reset_controller(unsigned controller = 0);
    /// What it kept for the host that spoke to it: features, event requests.
    void forget_host(unsigned controller);
    /// Off and on again; brings back a drive that has vanished.
    void power_cycle();
    void vanish() { state().gone = 1; }

    // -- Looking from behind
    bool present() const { return state().gone == 0; }
    /// Resets of any kind so far: who sees it change has lost his connection.
    std::uint64_t resets() const { return state().resets; }
    const State& seen() const { return state(); }
    State& state() const { return *state_; }
    unsigned controllers() const { return controllers_; }
    Medium& medium(std::uint32_t nsid) const { return *media_.at(nsid - 1); }
    /// How often an admin command was sent, whatever was answered.
    std::uint64_t count(std::uint8_t opcode) const { return state().admin_counts.at(opcode); }
    /// The last admin commands (up to kSeenMax), the oldest first; keep alive and events left out.
    std::vector<SeenCommand> commands() const;
    /// 0 to 100 of the sanitize operation or format that runs; nothing where none does.
    std::optional<unsigned> progress() const;
    std::uint32_t lba_size(std::uint32_t nsid) const;
    std::uint64_t lba_count(std::uint32_t nsid) const;

  private:
    class StateMemory;
    struct Where {
        NamespaceState* space{nullptr};
        std::uint64_t offset{0};
        std::uint64_t length{0};
        std::uint16_t status{0};
    };

    explicit Model(ModelOptions options);
    void make_new();
    void sync_clock();
    Completion dispatch(unsigned controller, const Command& command, std::span<std::byte> data);

    // nvme_identify.cpp
    std::uint16_t identify(unsigned controller, const Command& command, std::span<std::byte> data);
    std::uint16_t identify_space(unsigned controller, std::uint32_t nsid, std::span<std::byte> page,
                                 bool any_allocated) const;
    void identify_controller(unsigned controller, std::span<std::byte> page);
    void fill_space(const NamespaceState& space, std::span<std::byte> page) const;
    std::uint16_t identify_descriptors(unsigned controller, std::uint32_t nsid,
                                       std::span<std::byte> page) const;
    void list_spaces(unsigned controller, std::uint32_t above, std::span<std::byte> page,
                     bool any_allocated) const;
    std::uint16_t list_controllers(std::uint32_t nsid, std::uint32_t from,
                                   std::span<std::byte> page) const;

    // nvme_log.cpp
    std::uint16_t get_log_page(unsigned controller, const Command& command,
                               std::span<std::byte> data);
    void sanitize_log(std::span<std::byte> page) const;
    void smart_log(std::span<std::byte> page) const;
    void effects_log(std::span<std::byte> page) const;

    // nvme_features.cpp
    Completion get_features(unsigned controller, const Command& command, std::span<std::byte> data);
    Completion set_features(unsigned controller, const Command& command, std::span<std::byte> data);
    std::uint16_t protect(unsigned controller, std::uint32_t nsid, std::uint32_t value);
    std::uint16_t manage(const Command& command, std::span<std::byte> data, std::uint32_t& nsid);
    std::uint16_t attach(const Command& command, std::span<std::byte> data);
    void note_changed_spaces();

    // nvme_erase.cpp
    std::uint16_t sanitize(const Command& command);
    std::uint16_t why_not_sanitize(const Command& command) const;
    std::uint16_t exit_failure_mode();
    std::uint16_t exit_verification();
    void start_sanitize(std::uint32_t cdw10, std::uint32_t pattern);
    void advance_sanitize(std::uint64_t milliseconds);
    void work_until(std::uint64_t elapsed);
    void end_sanitize();
    void finish_sanitize(bool deallocate);
    void fail_sanitize();
    void forget_sanitize();
    Completion format(unsigned controller, const Command& command);
    std::uint16_t why_not_format(unsigned controller, const Command& command,
                                 std::uint32_t& spaces) const;
    void advance_format(std::uint64_t milliseconds);
    void end_format(bool success);
    void erase_bytes(std::uint64_t first, std::uint64_t end, std::uint32_t spaces, Erasure erasure,
                     Remains remains, std::uint32_t pattern);
    void unmap(std::uint32_t spaces, Erasure erasure);

    // nvme_media.cpp
    std::uint16_t media_status(bool is_write) const;
    Where locate(unsigned controller, std::uint32_t nsid, std::uint64_t lba, std::uint64_t bytes,
                 bool is_write) const;
    std::uint16_t write_bytes(const Where& where, std::span<const std::byte> bytes);
    std::span<UnitState> units(std::size_t index) const;
    void deallocate_units(std::size_t index, std::uint64_t offset, std::uint64_t bytes);
    std::uint64_t medium_bytes(std::size_t index) const { return media_[index]->size(); }
    NamespaceState* attached_space(unsigned controller, std::uint32_t nsid) const;

    unsigned controllers_;
    bool fabrics_;
    bool host_reads_media_;
    std::uint64_t seed_;
    std::function<std::chrono::milliseconds()> clock_;
    std::chrono::milliseconds clock_seen_{0};
    std::vector<std::unique_ptr<Medium>> media_;
    std::vector<NamespaceSpec> specs_;  ///< Without their media.
    std::vector<std::size_t> first_unit_;
    std::unique_ptr<StateMemory> memory_;
    State* state_{nullptr};
};

}  // namespace quietus::test::nvme

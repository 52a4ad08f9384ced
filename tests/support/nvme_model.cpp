#include "support/nvme_model.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

namespace quietus::test::nvme {
namespace {

using std::chrono::milliseconds;

constexpr std::array<char, 8> kMagic{'n', 'v', 'm', 'e', 's', 't', '0', '1'};

std::string why_not(const ModelOptions& options) {
    if (options.namespaces.empty() || options.namespaces.size() > kNamespacesMax) {
        return "one to " + std::to_string(kNamespacesMax) + " namespaces";
    }
    if (options.controllers < 1 || options.controllers > kControllersMax) {
        return "one or two controllers";
    }
    for (const NamespaceSpec& spec : options.namespaces) {
        if (!spec.medium) return "a namespace without a medium";
        if (spec.lba_size != 512 && spec.lba_size != 4096) return "a sector of 512 or 4096 bytes";
        if (spec.medium->size() == 0 || spec.medium->size() % 4096 != 0) {
            return "a medium of a multiple of 4096 bytes";
        }
    }
    return {};
}

bool is_of_interest(std::uint8_t opcode) {
    return opcode != admin_opcode::kKeepAlive && opcode != admin_opcode::kAsyncEvent;
}

}  // namespace

// The state and, behind it, a byte for each unit of each medium.
class Model::StateMemory {
  public:
    static std::unique_ptr<StateMemory> make(const std::string& path, std::size_t size,
                                             std::string& why) {
        int descriptor = -1;
        if (!path.empty()) {
            descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
            struct stat facts {};
            if (descriptor < 0 || ::fstat(descriptor, &facts) != 0) {
                why = path + ": " + std::strerror(errno);  // NOLINT(concurrency-mt-unsafe)
                if (descriptor >= 0) ::close(descriptor);
                return nullptr;
            }
            const bool fits = facts.st_size == 0 || static_cast<std::size_t>(facts.st_size) == size;
            if (!fits || ::ftruncate(descriptor, static_cast<off_t>(size)) != 0) {
                why = path + ": the state of another drive";
                ::close(descriptor);
                return nullptr;
            }
        }
        const int flags = MAP_SHARED | MAP_NORESERVE | (descriptor < 0 ? MAP_ANONYMOUS : 0);
        void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, descriptor, 0);
        if (descriptor >= 0) ::close(descriptor);
        if (memory == MAP_FAILED) {
            why = "no memory for the state";
            return nullptr;
        }
        return std::unique_ptr<StateMemory>{new StateMemory{memory, size}};
    }
    StateMemory(const StateMemory&) = delete;
    StateMemory& operator=(const StateMemory&) = delete;
    ~StateMemory() { ::munmap(memory_, size_); }

    State* state() const { return static_cast<State*>(memory_); }
    UnitState* units() const {
        return reinterpret_cast<UnitState*>(static_cast<std::byte*>(memory_) + sizeof(State));
    }
    std::size_t size() const { return size_; }

  private:
    StateMemory(void* memory, std::size_t size) : memory_{memory}, size_{size} {}
    void* memory_;
    std::size_t size_;
};

std::unique_ptr<Model> Model::make(ModelOptions options, std::string& why) {
    why = why_not(options);
    if (!why.empty()) return nullptr;
    const std::string state_file = options.state_file;
    std::unique_ptr<Model> model{new Model{std::move(options)}};
    std::size_t all_units = 0;
    for (const auto& medium : model->media_) {
        model->first_unit_.push_back(all_units);
        all_units += medium->size() / kUnit;
    }
    model->memory_ = StateMemory::make(state_file, sizeof(State) + all_units, why);
    if (!model->memory_) return nullptr;
    model->state_ = model->memory_->state();
    if (model->state_->magic != kMagic) {
        model->make_new();
    } else if (model->state_->size != model->memory_->size()) {
        why = state_file + ": the state of another drive";
        return nullptr;
    }
    return model;
}

Model::Model(ModelOptions options)
    : personality{std::move(options.personality)},
      controllers_{options.controllers},
      fabrics_{options.fabrics},
      host_reads_media_{options.host_reads_media},
      seed_{options.seed},
      clock_{std::move(options.clock)},
      specs_{std::move(options.namespaces)} {
    for (NamespaceSpec& spec : specs_) media_.push_back(std::move(spec.medium));
    if (clock_) clock_seen_ = clock_();
}

Model::~Model() = default;

void Model::make_new() {
    State& fresh = state();
    const unsigned everybody = (1U << controllers_) - 1;
    for (std::size_t i = 0; i < specs_.size(); ++i) {
        NamespaceState& space = fresh.spaces[i];
        space.allocated = specs_[i].allocated ? 1 : 0;
        space.attached_to =
            static_cast<std::uint8_t>(specs_[i].allocated ? specs_[i].attached_to & everybody : 0U);
        space.lba_format = specs_[i].lba_size == 512 ? 0 : 1;
        space.shared = controllers_ > 1 ? 1 : 0;
        space.capacity = media_[i]->size() * personality.capacity_factor;
    }
    fresh.sanitize.now.status = personality.earlier_status;
    fresh.sanitize.now.cdw10 = personality.earlier_cdw10;
    fresh.size = memory_->size();
    fresh.magic = kMagic;
}

std::span<UnitState> Model::units(std::size_t index) const {
    return {memory_->units() + first_unit_[index], medium_bytes(index) / kUnit};
}

void Model::sync_clock() {
    if (!clock_) return;
    const milliseconds now = clock_();
    if (now > clock_seen_) advance(now - clock_seen_);
    clock_seen_ = now;
}

void Model::advance(milliseconds by) {
    const auto passed = static_cast<std::uint64_t>(by.count());
    state().now_ms += passed;
    if (state().frozen != 0 || !present()) return;
    advance_sanitize(passed);
    advance_format(passed);
}

void Model::release() {
    state().frozen = 0;
    state().sanitize.may_go_on = 1;
}

void Model::reset_controller(unsigned controller) {
    ++state().resets;
    forget_host(controller);
    // Our choice: a format does not outlive the reset that a host sends when it took too long.
    end_format(false);
    // From memory (Base 2.1, Media Verification): a reset ends it.
    if (state().sanitize.step == SanitizeStep::media_verification) {
        state().sanitize.now.verification_cancelled = 1;
        finish_sanitize(/*deallocate=*/true);
    }
}

void Model::forget_host(unsigned controller) {
    state().controllers.at(controller) = ControllerState{};
}

void Model::power_cycle() {
    for (unsigned i = 0; i < controllers_; ++i) reset_controller(i);
    for (NamespaceState& space : state().spaces) {
        if (space.protection == 2) space.protection = 0;
    }
    state().gone = 0;
}

std::vector<SeenCommand> Model::commands() const {
    std::vector<SeenCommand> out;
    const std::uint64_t all = state().seen_count;
    for (std::uint64_t i = all > kSeenMax ? all - kSeenMax : 0; i < all; ++i) {
        out.push_back(state().seen[i % kSeenMax]);
    }
    return out;
}

std::optional<unsigned> Model::progress() const {
    const auto percent = [](std::uint64_t elapsed, milliseconds whole) {
        const auto all = static_cast<std::uint64_t>(std::max<std::int64_t>(whole.count(), 1));
        return static_cast<unsigned>(std::min<std::uint64_t>(100, elapsed * 100 / all));
    };
    const SanitizeState& sanitizing = state().sanitize;
    if (sanitizing.step == SanitizeStep::restricted_processing ||
        sanitizing.step == SanitizeStep::unrestricted_processing) {
        return percent(sanitizing.elapsed_ms, personality.sanitize_takes);
    }
    if (state().format.active != 0) {
        return percent(state().format.elapsed_ms, personality.format_takes);
    }
    return std::nullopt;
}

// -- Commands
// -----------------------------------------------------------------------------------------------

Completion Model::admin(unsigned controller, std::span<const std::byte, 64> sqe,
                        std::span<std::byte> data) {
    sync_clock();
    const Command command{sqe};
    if (!present()) return {.answer = Answer::gone};
    ++state().admin_counts.at(command.opcode());
    Completion done = dispatch(controller, command, data);
    done.takes += personality.command_takes;
    if (is_of_interest(command.opcode())) {
        state().seen[state().seen_count++ % kSeenMax] = {
            .controller = static_cast<std::uint8_t>(controller),
            .opcode = command.opcode(),
            .status = done.status,
            .nsid = command.nsid(),
            .cdw10 = command.dword(10),
            .cdw11 = command.dword(11)};
    }
    return done;
}

Completion Model::run(unsigned controller, std::span<const std::byte, 64> sqe,
                      std::span<std::byte> data) {
    const std::uint64_t resets_before = resets();
    Completion done = admin(controller, sqe, data);
    if (done.takes.count() > 0) advance(done.takes);
    if (!present() || resets() != resets_before) done.answer = Answer::gone;
    return done;
}

Completion Model::dispatch(unsigned controller, const Command& command, std::span<std::byte> data) {
    const auto refused = [](std::uint16_t code) {
        return Completion{
            .status = static_cast<std::uint16_t>(code == 0 ? 0 : code | status::kDoNotRetry)};
    };
    switch (command.opcode()) {
        case admin_opcode::kIdentify:
            return refused(identify(controller, command, data));
        case admin_opcode::kGetLogPage:
            return refused(get_log_page(controller, command, data));
        case admin_opcode::kGetFeatures:
            return get_features(controller, command, data);
        case admin_opcode::kSetFeatures:
            return set_features(controller, command, data);
        case admin_opcode::kSanitize:
            return refused(sanitize(command));
        case admin_opcode::kFormat:
            return format(controller, command);
        case admin_opcode::kNamespaceManagement: {
            std::uint32_t nsid = 0;
            Completion done = refused(manage(command, data, nsid));
            done.dw0 = nsid;
            return done;
        }
        case admin_opcode::kNamespaceAttachment:
            return refused(attach(command, data));
        case admin_opcode::kAbort:
            return {.dw0 = 1};  // Bit 0: the command was not aborted.
        case admin_opcode::kKeepAlive:
            return {};
        case admin_opcode::kAsyncEvent:
            if (state().controllers.at(controller).event_requests >= 4) {
                return refused(status::kTooManyEvents);
            }
            ++state().controllers.at(controller).event_requests;
            return {.answer = Answer::held};
        case admin_opcode::kSecuritySend:
        case admin_opcode::kSecurityReceive:
            // It knows no security protocol at all.
            return refused((personality.oacs & 1U) != 0 ? status::kInvalidField
                                                        : status::kInvalidOpcode);
        default:
            return refused(status::kInvalidOpcode);
    }
}

std::optional<std::uint32_t> Model::next_event(unsigned controller) {
    sync_clock();
    ControllerState& of = state().controllers.at(controller);
    if (of.event_requests == 0 || !present()) return std::nullopt;
    if (of.sanitize_event == 1) {
        of.sanitize_event = 2;  // Told; once more after its log was read without RAE.
        --of.event_requests;
        return 0x00810106U;  // Type 6, Sanitize Operation Completed, log 81h.
    }
    if (of.space_event == 1) {
        of.space_event = 2;
        --of.event_requests;
        return 0x00040002U;  // Notice, Attached Namespace Attribute Changed, log 04h.
    }
    return std::nullopt;
}

}  // namespace quietus::test::nvme

#include "support/memory_drive.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>
#include <unistd.h>

#include "base/memory.h"

namespace quietus::test {

namespace {

constexpr std::size_t kDeedsMax = 1U << 18U;
constexpr std::string_view kOldBytes = "somebody's data ";

// Completes in an order of its own; the same seed gives the same order.
class MemoryQueue final : public IoQueue {
  public:
    MemoryQueue(const MemoryDrive& drive, const QueueOptions& options, AlignedBuffer buffers)
        : drive_{drive},
          options_{options},
          buffers_{std::move(buffers)},
          random_{drive.options().seed} {}

    unsigned depth() const override { return options_.depth; }
    std::size_t request_size() const override { return options_.request_size; }
    std::span<std::byte> buffer(unsigned slot) override {
        return buffers_.span().subspan(slot * options_.request_size, options_.request_size);
    }
    bool use_shared_source(std::span<const std::byte> source) override {
        if (source.size() < options_.request_size) return false;
        shared_ = source;
        return true;
    }
    Result<void> submit(const IoRequest& request) override {
        QUIETUS_CHECK(request.slot < options_.depth && request.length > 0 &&
                      request.length <= options_.request_size);
        QUIETUS_CHECK(std::none_of(waiting_.begin(), waiting_.end(),
                                   [&](const auto& other) { return other.slot == request.slot; }));
        waiting_.push_back(request);
        return {};
    }
    Result<std::vector<IoCompletion>> wait(int /*timeout_ms*/) override {
        std::vector<IoCompletion> done;
        if (waiting_.empty()) return done;
        std::shuffle(waiting_.begin(), waiting_.end(), random_);
        const std::size_t some = 1 + random_() % waiting_.size();
        for (std::size_t i = 0; i < some; ++i) {
            done.push_back(transfer(waiting_.back()));
            waiting_.pop_back();
        }
        return done;
    }
    unsigned in_flight() const override { return static_cast<unsigned>(waiting_.size()); }
    std::string_view name() const override { return "memory"; }

  private:
    IoCompletion transfer(const IoRequest& request) {
        IoCompletion completion{.slot = request.slot,
                                .kind = request.kind,
                                .offset = request.offset,
                                .length = request.length,
                                .transferred = 0,
                                .error = 0};
        const std::uint32_t sector = drive_.options().logical_sector;
        const std::uint64_t end = drive_.options().size - drive_.options().size % sector;
        if (request.offset % sector != 0 || request.length % sector != 0) {
            completion.error = EINVAL;
            return completion;
        }
        if (request.offset >= end) {
            completion.error = request.kind == IoKind::write ? ENOSPC : 0;
            return completion;
        }
        const std::size_t length = std::min<std::uint64_t>(request.length, end - request.offset);
        const auto bytes = drive_.content().subspan(request.offset, length);
        const bool writes = request.kind == IoKind::write;
        const auto source = writes && !shared_.empty() ? shared_ : buffer(request.slot);
        if (nvme::Model* model = drive_.model()) {
            const std::uint64_t lba = request.offset / sector;
            const std::uint16_t status =
                writes ? model->write(1, lba, source.first(length))
                       : model->read(1, lba, buffer(request.slot).first(length));
            if (status != 0) {
                completion.error = EIO;
                return completion;
            }
        } else if (writes) {
            drive_.write(request.offset, source.first(length));
        } else {
            std::memcpy(buffer(request.slot).data(), bytes.data(), length);
        }
        drive_.note(writes ? Did::write : Did::read, request.offset, length);
        completion.transferred = length;
        return completion;
    }

    const MemoryDrive& drive_;
    QueueOptions options_;
    AlignedBuffer buffers_;
    std::minstd_rand random_;
    std::span<const std::byte> shared_;
    std::vector<IoRequest> waiting_;
};

class MemoryHandle final : public WriteHandle {
  public:
    MemoryHandle(MemoryDrive& drive, bool writable, Blast reach)
        : drive_{drive}, writable_{writable}, reach_{reach} {}
    MemoryHandle(const MemoryHandle&) = delete;
    MemoryHandle& operator=(const MemoryHandle&) = delete;
    ~MemoryHandle() override {
        if (writable_) drive_.note(Did::let_go);
    }

    Result<HandleFacts> facts() override {
        if (writable_) drive_.note(Did::facts);
        return drive_.facts();
    }
    Result<void> read_direct(std::uint64_t offset, std::span<std::byte> out) override {
        drive_.note(Did::read, offset, out.size());
        if (offset + out.size() > drive_.content().size())
            return failure(ErrorCode::io, "past the end");
        std::memcpy(out.data(), drive_.content().data() + offset, out.size());
        return {};
    }
    Result<std::unique_ptr<IoQueue>> make_queue(const QueueOptions& options) override {
        drive_.note(Did::make_queue, options.depth, options.request_size);
        return drive_.make_queue(options);
    }
    Result<void> flush() override {
        drive_.note(Did::flush);
        if (const FaultRule* rule = drive_.faults().strikes(Fault::flush_error))
            return sys_failure("flush " + drive_.node(), rule->error);
        drive_.keep_what_is_cached();
        return {};
    }
    Result<NvmeCompletion> nvme_query(const NvmeQuery& query, std::span<std::byte> out) override {
        return admin(query.entry(), out);
    }
    Result<NvmeCompletion> nvme_command(const NvmeCommand& command) override {
        QUIETUS_CHECK(writable_);
        if (command.blast != Blast::device && reach_ != Blast::subsystem)
            return failure(ErrorCode::refused, "further than was permitted");
        return admin(command.entry, {});
    }
    Result<void> drop_cache() override {
        drive_.note(Did::drop_cache);
        return {};
    }
    Result<void> remove_partition(const Partition& partition) override {
        drive_.note(Did::remove_partition, static_cast<std::uint64_t>(partition.index));
        if (drive_.faults().strikes(Fault::partition_busy) != nullptr)
            return failure(ErrorCode::busy, "remove partition " + partition.name);
        drive_.set_partition(static_cast<std::size_t>(partition.index) - 1, false);
        return {};
    }
    Result<void> restore_partition(const Partition& partition) override {
        drive_.note(Did::restore_partition, static_cast<std::uint64_t>(partition.index));
        drive_.set_partition(static_cast<std::size_t>(partition.index) - 1, true);
        return {};
    }
    Result<void> reread_partitions() override {
        drive_.note(Did::reread_partitions);
        return {};
    }

  private:
    Result<NvmeCompletion> admin(const NvmeEntry& entry, std::span<std::byte> data) {
        nvme::Model* model = drive_.model();
        if (model == nullptr) return failure(ErrorCode::unsupported, "no NVMe drive");
        const nvme::Completion done = model->run(0, entry, data);
        if (done.answer != nvme::Answer::completed) return sys_failure("NVMe command", ENODEV);
        return NvmeCompletion{.status = done.status, .result = done.dw0};
    }

    MemoryDrive& drive_;
    bool writable_;
    Blast reach_;
};

// A namespace's bytes, where they are anyway.
class SpanMedium final : public nvme::Medium {
  public:
    explicit SpanMedium(std::span<std::byte> bytes) : bytes_{bytes} {}
    std::uint64_t size() const override { return bytes_.size(); }
    bool read(std::uint64_t offset, std::span<std::byte> into) const override {
        std::memcpy(into.data(), bytes_.data() + offset, into.size());
        return true;
    }
    bool write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        std::memcpy(bytes_.data() + offset, bytes.data(), bytes.size());
        return true;
    }
    bool flush() override { return true; }

  private:
    std::span<std::byte> bytes_;
};

std::unique_ptr<nvme::Model> make_model(const NvmeSide& side, std::uint32_t lba_size,
                                        std::span<std::byte> content) {
    constexpr std::uint64_t kOtherSize = 64 * kKiB;
    nvme::ModelOptions options;
    options.personality = side.personality;
    options.personality.command_takes = side.command_takes;
    options.controllers = side.controllers;
    options.namespaces.push_back({.medium = std::make_unique<SpanMedium>(content.first(
                                      content.size() / side.personality.capacity_factor)),
                                  .lba_size = lba_size});
    for (unsigned i = 0; i < side.shown_namespaces + side.hidden_namespaces; ++i)
        options.namespaces.push_back({.medium = std::make_unique<nvme::MemoryMedium>(kOtherSize),
                                      .attached_to = i < side.shown_namespaces ? ~0U : 0U});
    std::string why;
    auto model = nvme::Model::make(std::move(options), why);
    QUIETUS_CHECK(model != nullptr);
    return model;
}

}  // namespace

MemoryDrive::MemoryDrive(MemoryDriveOptions options)
    : options_{std::move(options)},
      content_{options_.size},
      state_{1},
      deeds_{kDeedsMax},
      faults_{options_.faults} {
    std::memcpy(content().data(), kOldBytes.data(), kOldBytes.size());
    for (std::size_t done = kOldBytes.size(); done < options_.size; done *= 2)
        std::memcpy(content().data() + done, content().data(),
                    std::min(done, options_.size - done));
    if (options_.nvme) model_ = make_model(*options_.nvme, options_.logical_sector, content());
    state().partitions = (std::uint64_t{1} << options_.partitions.size()) - 1;
}

std::string MemoryDrive::partition_name(std::size_t index) const {
    return options_.name + std::to_string(index + 1);
}

void MemoryDrive::note(Did what, std::uint64_t offset, std::uint64_t length) const {
    if (what == Did::write) ++state().writes;
    const std::uint64_t at = state().deeds++;
    QUIETUS_CHECK(at < kDeedsMax);
    deeds_[at] = {.what = what, .offset = offset, .length = length, .process = ::getpid()};
    if (on_deed) on_deed(what);
}

bool MemoryDrive::untouched() const {
    // Equal to itself one repetition on: the old bytes everywhere.
    const std::size_t period = kOldBytes.size();
    return count(Did::write) == 0 && shows_signatures() &&
           std::memcmp(content().data(), content().data() + period, options_.size - period) == 0;
}

std::vector<Deed> MemoryDrive::diary() const {
    const auto all = deeds_.span().first(state().deeds);
    return {all.begin(), all.end()};
}

std::size_t MemoryDrive::count(Did what) const {
    const auto all = deeds_.span().first(state().deeds);
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const Deed& deed) { return deed.what == what; }));
}

RangeSet MemoryDrive::written() const {
    RangeSet ranges;
    for (const Deed& deed : diary()) {
        if (deed.what == Did::write) ranges.add({deed.offset, deed.length});
    }
    return ranges;
}

void MemoryDrive::set_partition(std::size_t index, bool there) const {
    const std::uint64_t bit = std::uint64_t{1} << index;
    if (there) {
        state().partitions |= bit;
    } else {
        state().partitions &= ~bit;
    }
    ++state().changes;
}

HandleFacts MemoryDrive::facts() const {
    HandleFacts facts;
    facts.number = options_.number;
    facts.size = {faults_.has_shrunk_to().value_or(options_.size)};
    facts.logical_sector = options_.logical_sector;
    facts.physical_sector = options_.physical_sector;
    facts.read_only = options_.read_only;
    facts.disk_sequence = 100 + options_.number.minor;
    if (faults_.has_changed_identity(state().writes)) ++*facts.disk_sequence;
    return facts;
}

bool MemoryDrive::shows_signatures() const {
    return std::memcmp(content().data(), kOldBytes.data(), kOldBytes.size()) == 0;
}

void MemoryDrive::write(std::uint64_t offset, std::span<const std::byte> bytes) const {
    const auto place = content().subspan(offset, bytes.size());
    if (options_.volatile_cache)
        cached_.push_back({.offset = offset,
                           .before = {place.begin(), place.end()},
                           .after = {bytes.begin(), bytes.end()}});
    std::copy(bytes.begin(), bytes.end(), place.begin());
}

void MemoryDrive::cut_power(std::uint64_t seed) const {
    const auto put = [this](std::uint64_t offset, const Bytes& bytes) {
        std::copy(bytes.begin(), bytes.end(),
                  content().begin() + static_cast<std::ptrdiff_t>(offset));
    };
    for (auto at = cached_.rbegin(); at != cached_.rend(); ++at) put(at->offset, at->before);
    std::mt19937_64 random{seed};
    for (const CachedWrite& write : cached_) {
        if (random() % 2 == 0) put(write.offset, write.after);
    }
    cached_.clear();
}

Result<std::unique_ptr<WriteHandle>> MemoryDrive::open_writable(const WritePermit& permit) {
    note(Did::lock);
    if (faults_.strikes(Fault::lock_held) != nullptr)
        return failure(ErrorCode::busy, node() + ": locked by another process (flock)");
    if (permit.target().number != options_.number)
        return failure(ErrorCode::bad_evidence, node() + ": now another device");
    note(Did::exclusive);
    if (faults_.strikes(Fault::exclusive_held) != nullptr)
        return failure(ErrorCode::refused, node() + ": held exclusively");
    return std::make_unique<MemoryHandle>(*this, /*writable=*/true, permit.reach());
}

Result<std::unique_ptr<ReadHandle>> MemoryDrive::open_query() {
    note(Did::query);
    return std::make_unique<MemoryHandle>(*this, /*writable=*/false, Blast::device);
}

std::unique_ptr<IoQueue> MemoryDrive::make_queue(const QueueOptions& options) {
    auto buffers = AlignedBuffer::create(options.depth * options.request_size);
    QUIETUS_CHECK(buffers.has_value());
    auto queue = std::make_unique<MemoryQueue>(*this, options, std::move(*buffers));
    if (faults_.empty()) return queue;
    return make_faulty_queue(std::move(queue), faults_, options_.logical_sector,
                             options_.surroundings);
}

}  // namespace quietus::test

#include "disk.h"

#include <algorithm>
#include <cerrno>

namespace quietus::faultfs {

namespace {

using test::Fault;
using test::FaultRule;

// A copy of the drive is held in memory for stale reads.
constexpr std::uint64_t kStaleSizeMax = 256ULL * 1024 * 1024;

// The part of the request that the rule is about, relative to the request.
template <class Byte>
std::span<Byte> struck_part(const FaultRule& rule, std::uint64_t offset, std::span<Byte> data) {
    const std::uint64_t first = std::max(rule.where.first, offset) - offset;
    if (first >= data.size()) return {};
    const std::uint64_t reach = rule.where.first + rule.where.count < rule.where.first
                                    ? data.size()
                                    : rule.where.end() - offset;
    return data.subspan(first, std::min<std::uint64_t>(reach, data.size()) - first);
}

void turn_a_bit(const FaultRule& rule, std::uint64_t offset, std::span<std::byte> data) {
    const auto part = struck_part(rule, offset, data);
    if (!part.empty()) part.front() ^= std::byte{1};
}

// Calls `act` for each piece of [offset, offset + length) with its address on a drive of `real`
// bytes whose addresses begin anew beyond; ends at the first error.
template <class Act>
int for_each_alias(std::uint64_t real, std::uint64_t offset, std::size_t length, Act act) {
    for (std::size_t done = 0; done < length;) {
        const std::uint64_t at = (offset + done) % real;
        const auto count = std::min<std::uint64_t>(real - at, length - done);
        if (const int error = act(at, done, count); error != 0) return error;
        done += count;
    }
    return 0;
}

}  // namespace

std::string_view to_string(Op op) {
    switch (op) {
        case Op::read:
            return "read";
        case Op::write:
            return "write";
        case Op::flush:
            return "flush";
        case Op::discard:
            return "discard";
        case Op::zero:
            return "zero";
    }
    return "";
}

Disk::Disk(BackingFile file, Recorder& recorder) : file_{std::move(file)}, recorder_{recorder} {
    recorder_.add({.op = "begin", .length = file_.size()});
}

std::uint64_t Disk::size() const {
    std::uint64_t size = file_.size();
    for (const FaultRule& rule : faults_.rules()) {
        if (rule.fault == Fault::shrunken_size) size = std::min(size, rule.amount);
    }
    return size;
}

std::uint64_t Disk::done(Op op) const {
    const auto found = done_.find(op);
    return found == done_.end() ? 0 : found->second;
}

int Disk::set_rules(const std::vector<FaultRule>& rules) {
    const bool needs_earlier = std::any_of(rules.begin(), rules.end(), [](const FaultRule& rule) {
        return rule.fault == Fault::stale_read;
    });
    Bytes earlier;
    if (needs_earlier) {
        if (file_.size() > kStaleSizeMax) return EFBIG;
        earlier.resize(file_.size());
        if (const int error = file_.read(0, earlier); error != 0) return error;
    }
    earlier_ = std::move(earlier);
    faults_ = test::Faults{rules};
    return 0;
}

std::optional<FaultRule> Disk::strikes(const Request& request) const {
    const FaultRule* rule = nullptr;
    switch (request.op) {
        case Op::read:
            rule = faults_.strikes(
                {.kind = IoKind::read, .offset = request.offset, .length = request.length});
            break;
        case Op::write:
            rule = faults_.strikes(
                {.kind = IoKind::write, .offset = request.offset, .length = request.length});
            break;
        case Op::flush:
            rule = faults_.strikes(Fault::flush_error);
            break;
        case Op::discard:
        case Op::zero:
            break;
    }
    if (rule == nullptr) return std::nullopt;
    return *rule;
}

Answer Disk::perform(const Request& request, const std::optional<FaultRule>& rule) {
    const FaultRule* const struck = rule ? &*rule : nullptr;
    Answer answer;
    switch (request.op) {
        case Op::read:
            answer = read(request, struck);
            break;
        case Op::write:
            answer = write(request, struck);
            break;
        case Op::flush:
            answer = flush(struck);
            break;
        case Op::discard:
        case Op::zero:
            answer.error = file_.allocate(request.mode, request.offset, request.length);
            break;
    }
    ++done_[request.op];
    recorder_.add({.op = to_string(request.op),
                   .offset = request.offset,
                   .length = request.length,
                   .data = request.op == Op::read ? answer.data : request.data,
                   .error = answer.error,
                   .fault = struck != nullptr ? test::kind_of(struck->fault).name : ""});
    return answer;
}

void Disk::mark(std::string_view text) {
    recorder_.add({.op = "mark", .text = text});
}

Answer Disk::read(const Request& request, const FaultRule* rule) const {
    if (rule != nullptr && rule->fault == Fault::error) return {rule->error, {}};
    const std::uint64_t end = size();
    if (request.offset >= end) return {};
    Bytes data(std::min<std::uint64_t>(request.length, end - request.offset));
    if (rule != nullptr && rule->fault == Fault::aliased) {
        const int error =
            for_each_alias(rule->amount, request.offset, data.size(),
                           [&](std::uint64_t at, std::size_t from, std::size_t count) {
                               return file_.read(at, std::span{data}.subspan(from, count));
                           });
        return {error, std::move(data)};
    }
    if (const int error = file_.read(request.offset, data); error != 0) return {error, {}};
    if (rule != nullptr) {
        const auto part = struck_part(*rule, request.offset, std::span{data});
        if (rule->fault == Fault::flipped_bit) turn_a_bit(*rule, request.offset, data);
        if (rule->fault == Fault::silent_zeros) std::fill(part.begin(), part.end(), std::byte{0});
        if (rule->fault == Fault::stale_read) {
            const auto at = request.offset + static_cast<std::uint64_t>(part.data() - data.data());
            std::copy_n(earlier_.begin() + static_cast<std::ptrdiff_t>(at), part.size(),
                        part.begin());
        }
    }
    return {0, std::move(data)};
}

Answer Disk::write(const Request& request, const FaultRule* rule) const {
    const std::span<const std::byte> data{request.data};
    if (rule == nullptr) return {file_.write(request.offset, data), {}};
    switch (rule->fault) {
        case Fault::error:
            return {rule->error, {}};
        case Fault::shrunken_size:
            return {ENOSPC, {}};
        case Fault::dropped_write: {
            const auto part = struck_part(*rule, request.offset, data);
            const auto before = static_cast<std::size_t>(part.data() - data.data());
            const std::size_t after = before + part.size();
            if (const int error = file_.write(request.offset, data.first(before)); error != 0)
                return {error, {}};
            return {file_.write(request.offset + after, data.subspan(after)), {}};
        }
        case Fault::torn_write:
            return {file_.write(request.offset,
                                data.first(std::min<std::uint64_t>(rule->amount, data.size()))),
                    {}};
        case Fault::aliased:
            return {for_each_alias(rule->amount, request.offset, data.size(),
                                   [&](std::uint64_t at, std::size_t from, std::size_t count) {
                                       return file_.write(at, data.subspan(from, count));
                                   }),
                    {}};
        case Fault::flipped_bit:
        case Fault::silent_zeros: {
            Bytes spoiled = request.data;
            if (rule->fault == Fault::flipped_bit) {
                turn_a_bit(*rule, request.offset, spoiled);
            } else {
                const auto part = struck_part(*rule, request.offset, std::span{spoiled});
                std::fill(part.begin(), part.end(), std::byte{0});
            }
            return {file_.write(request.offset, spoiled), {}};
        }
        case Fault::latency:
        case Fault::never_completes:
        case Fault::stale_read:
        case Fault::short_transfer:
        case Fault::flush_error:
        case Fault::identity_change:
        case Fault::exclusive_held:
        case Fault::lock_held:
        case Fault::partition_busy:
        case Fault::kill_worker:
            break;
    }
    return {file_.write(request.offset, data), {}};
}

Answer Disk::flush(const FaultRule* rule) const {
    return {rule != nullptr ? rule->error : file_.sync(), {}};
}

}  // namespace quietus::faultfs

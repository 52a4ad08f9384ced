#include "connection.h"

#include <algorithm>

namespace quietus::nvme_target {
namespace {

constexpr std::uint8_t kFabrics = 0x7f;
constexpr std::uint8_t kSetProperty = 0x00;
constexpr std::uint8_t kConnect = 0x01;
constexpr std::uint8_t kGetProperty = 0x04;
constexpr std::uint16_t kInvalidOpcode = 0x4001;
constexpr std::uint16_t kInvalidField = 0x4002;
constexpr std::uint16_t kSequenceError = 0x400c;

/// Bits 1:0 of the opcode, of a fabrics command those of its type: 01b to the controller, 10b from.
std::uint8_t direction(const nvme::Command& command) {
    const bool is_fabrics = command.opcode() == kFabrics;
    return (is_fabrics ? nvme::get8(command.bytes, 4) : command.opcode()) & 3U;
}

/// From its SGL descriptor, of whatever kind.
std::size_t transfer_bytes(const nvme::Command& command) {
    return direction(command) == 0 ? 0 : nvme::get32(command.bytes, 32);
}

}  // namespace

Connection::~Connection() {
    if (queue_ && queue_->number == 0) subsystem_.disconnected(queue_->controller);
}

bool Connection::take(std::span<const std::byte> bytes) {
    input_.insert(input_.end(), bytes.begin(), bytes.end());
    std::size_t used = 0;
    bool good = true;
    while (good && input_.size() - used >= kCommonBytes) {
        const std::size_t size = get32(std::span{input_}.subspan(used), 4);
        good = size >= kCommonBytes && size <= kCommandHeader + kDataBytesMax;
        if (!good || input_.size() - used < size) break;
        good = handle(std::span{input_}.subspan(used, size));
        used += size;
    }
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used));
    return good;
}

bool Connection::handle(std::span<const std::byte> pdu) {
    switch (get8(pdu, 0)) {
        case kInitRequest:
            if (pdu.size() != kInitBytes || get8(pdu, 11) != 0) return false;  // No digests.
            send(init_response());
            return true;
        case kCommandCapsule:
            return pdu.size() >= kCommandHeader && handle_command(pdu);
        case kDataFromHost:
            return pdu.size() >= kDataHeader && handle_data(pdu);
        default:
            return false;
    }
}

bool Connection::handle_command(std::span<const std::byte> pdu) {
    const auto sqe = pdu.subspan<8, 64>();
    const nvme::Command command{sqe};
    if (queue_) queue_head_ = static_cast<std::uint16_t>((queue_head_ + 1) % queue_->size);
    const std::size_t bytes = transfer_bytes(command);
    if (bytes > kTransferMax) {
        send_response(command.id(), kInvalidField, 0);
        return true;
    }
    if (direction(command) != 1 || bytes == 0) {
        Bytes data(bytes);
        execute(sqe, data);
        return true;
    }
    if (pdu.size() > kCommandHeader) {
        const std::size_t begin = get8(pdu, 3);
        if (begin < kCommandHeader || begin > pdu.size() || pdu.size() - begin != bytes) {
            return false;
        }
        Bytes data(pdu.begin() + static_cast<std::ptrdiff_t>(begin), pdu.end());
        execute(sqe, data);
        return true;
    }
    Pending waits{.sqe = {}, .data = Bytes(bytes), .received = 0};
    std::ranges::copy(sqe, waits.sqe.begin());
    pending_[command.id()] = std::move(waits);
    send(ready_to_transfer(command.id(), bytes));
    return true;
}

bool Connection::handle_data(std::span<const std::byte> pdu) {
    const auto found = pending_.find(get16(pdu, 8));
    const std::size_t begin = get8(pdu, 3);
    const std::size_t offset = get32(pdu, 12);
    const std::size_t bytes = get32(pdu, 16);
    if (found == pending_.end() || begin < kDataHeader || begin > pdu.size() ||
        pdu.size() - begin != bytes || offset != found->second.received ||
        bytes > found->second.data.size() - offset) {
        return false;
    }
    Pending& waits = found->second;
    std::ranges::copy(pdu.subspan(begin), waits.data.begin() + static_cast<std::ptrdiff_t>(offset));
    waits.received += bytes;
    if (waits.received < waits.data.size()) return true;
    Pending whole = std::move(waits);
    pending_.erase(found);
    execute(whole.sqe, whole.data);
    return true;
}

void Connection::execute(std::span<const std::byte, 64> sqe, std::span<std::byte> data) {
    const nvme::Command command{sqe};
    if (command.opcode() == kFabrics) {
        execute_fabrics(command, data);
    } else if (!queue_) {
        send_response(command.id(), kSequenceError, 0);
    } else if (queue_->number == 0) {
        complete(command, subsystem_.model().admin(queue_->controller, sqe, data), data);
    } else {
        complete(command, subsystem_.model().io(queue_->controller, sqe, data), data);
    }
}

void Connection::execute_fabrics(const nvme::Command& command, std::span<const std::byte> data) {
    FabricsAnswer answer;
    const std::uint8_t type = nvme::get8(command.bytes, 4);
    if (type == kConnect) {
        answer = subsystem_.connect(command, data, queue_);
        queue_head_ = 1;
    } else if (!queue_ || queue_->number != 0) {
        answer.status = kSequenceError;
    } else if (type == kGetProperty) {
        answer = subsystem_.get_property(queue_->controller, command);
    } else if (type == kSetProperty) {
        answer = subsystem_.set_property(queue_->controller, command);
    } else {
        answer.status = kInvalidOpcode;
    }
    send_response(command.id(), answer.status, answer.dw);
}

void Connection::complete(const nvme::Command& command, const nvme::Completion& done,
                          std::span<const std::byte> data) {
    switch (done.answer) {
        case nvme::Answer::gone:
            return;  // The connection will be closed.
        case nvme::Answer::held:
            event_requests_.push_back(command.id());
            return;
        case nvme::Answer::completed:
            break;
    }
    const bool has_data = direction(command) == 2 && done.status == 0;
    if (!has_data) data = {};
    if (done.takes.count() > 0) {
        slow_.push_back({.due = subsystem_.model().seen().now_ms +
                                static_cast<std::uint64_t>(done.takes.count()),
                         .command = command.id(),
                         .status = done.status,
                         .dw0 = done.dw0,
                         .data = Bytes(data.begin(), data.end())});
        return;
    }
    send_data(command.id(), data);
    send_response(command.id(), done.status, done.dw0);
}

void Connection::tick() {
    const std::uint64_t now = subsystem_.model().seen().now_ms;
    for (const Slow& each : slow_) {
        if (each.due > now) continue;
        send_data(each.command, each.data);
        send_response(each.command, each.status, each.dw0);
    }
    std::erase_if(slow_, [now](const Slow& each) { return each.due <= now; });
    while (queue_ && !event_requests_.empty()) {
        const auto event = subsystem_.model().next_event(queue_->controller);
        if (!event) return;
        send_response(event_requests_.front(), 0, *event);
        event_requests_.pop_front();
    }
}

std::optional<std::uint64_t> Connection::next_due() const {
    const auto first = std::ranges::min_element(slow_, {}, &Slow::due);
    return first == slow_.end() ? std::nullopt : std::optional{first->due};
}

void Connection::send_data(std::uint16_t command, std::span<const std::byte> data) {
    for (std::size_t done = 0; done < data.size();) {
        const std::size_t bytes = std::min(kDataBytesMax, data.size() - done);
        send(data_to_host(command, done, done + bytes == data.size(), data.subspan(done, bytes)));
        done += bytes;
    }
}

void Connection::send_response(std::uint16_t command, std::uint16_t status, std::uint64_t dw) {
    send(response(command, status, dw, queue_head_));
}

}  // namespace quietus::nvme_target

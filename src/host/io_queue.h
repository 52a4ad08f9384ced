#pragma once
// Asynchronous reads and writes on one open device, with buffers that belong to the queue.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace quietus {

enum class IoKind { read, write };

struct IoRequest {
    IoKind kind{IoKind::write};
    std::uint64_t offset{0};  ///< Bytes; a multiple of the logical sector.
    std::size_t length{0};    ///< Bytes; a multiple of the logical sector, at most request_size.
    unsigned slot{0};         ///< Which buffer; free between its completion and the next submit.
};

struct IoCompletion {
    unsigned slot{0};
    IoKind kind{IoKind::write};
    std::uint64_t offset{0};
    std::size_t length{0};       ///< As asked.
    std::size_t transferred{0};  ///< As done; fewer than asked is a short transfer.
    int error{0};                ///< errno, 0 for success.
    bool ok() const { return error == 0 && transferred == length; }
};

/// One thread drives it. A slot is in flight from submit() until its completion is returned; its
/// buffer must not be touched meanwhile.
class IoQueue {
  public:
    IoQueue() = default;
    IoQueue(const IoQueue&) = delete;
    IoQueue& operator=(const IoQueue&) = delete;
    virtual ~IoQueue() = default;

    virtual unsigned depth() const = 0;
    virtual std::size_t request_size() const = 0;
    virtual std::span<std::byte> buffer(unsigned slot) = 0;
    /// Points a slot's writes at shared constant memory instead of its own buffer (one pattern for
    /// all): `source` must outlive the queue. Optional: returns false where the implementation
    /// cannot.
    virtual bool use_shared_source(std::span<const std::byte> source) = 0;
    /// Hands the request to the kernel. Fails only where it could not be queued at all.
    virtual Result<void> submit(const IoRequest& request) = 0;
    /// Waits up to `timeout_ms` (-1: for ever) for at least one completion; empty on time-out.
    virtual Result<std::vector<IoCompletion>> wait(int timeout_ms) = 0;
    virtual unsigned in_flight() const = 0;
    /// "io_uring", "threads", "memory": for the record and for tests.
    virtual std::string_view name() const = 0;
};

}  // namespace quietus

#include "host/uring_queue.h"

#include <array>
#include <cerrno>
#include <liburing.h>

#include <sys/uio.h>

#include "base/log.h"
#include "base/memory.h"

namespace quietus {

namespace {

class UringQueue final : public IoQueue {
  public:
    UringQueue(int fd, const QueueOptions& options, AlignedBuffer buffers)
        : fd_{fd}, options_{options}, buffers_{std::move(buffers)}, requests_(options.depth) {}
    UringQueue(const UringQueue&) = delete;
    UringQueue& operator=(const UringQueue&) = delete;
    ~UringQueue() override {
        if (!started_) return;
        // The kernel takes a ring apart when it likes, and keeps the drive open until then: the
        // next to ask for it exclusively would be told that it is held.
        if (fixed_file_ && in_flight_ == 0) io_uring_unregister_files(&ring_);
        io_uring_queue_exit(&ring_);
    }

    Result<void> start() {
        // One thread submits and reaps; completions may wait until that thread asks (kernels
        // from 6.1 on).
        int rc = io_uring_queue_init(options_.depth, &ring_,
                                     IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
        if (rc == -EINVAL) rc = io_uring_queue_init(options_.depth, &ring_, 0);
        if (rc < 0) return sys_failure("io_uring_setup", -rc);
        started_ = true;
        // Both are only faster ways: a locked-memory limit may forbid them.
        fixed_file_ = io_uring_register_files(&ring_, &fd_, 1) == 0;
        fixed_buffers_ = register_buffers({});
        return {};
    }

    unsigned depth() const override { return options_.depth; }
    std::size_t request_size() const override { return options_.request_size; }
    std::span<std::byte> buffer(unsigned slot) override {
        return buffers_.span().subspan(slot * options_.request_size, options_.request_size);
    }

    bool use_shared_source(std::span<const std::byte> source) override {
        if (source.size() < options_.request_size) return false;
        shared_ = source;
        if (fixed_buffers_)
            fixed_buffers_ = io_uring_unregister_buffers(&ring_) == 0 && register_buffers(source);
        return true;
    }

    Result<void> submit(const IoRequest& request) override {
        QUIETUS_CHECK(request.slot < options_.depth && request.length <= options_.request_size &&
                      request.length > 0);
        io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
        QUIETUS_CHECK(sqe != nullptr);
        const bool from_shared = request.kind == IoKind::write && !shared_.empty();
        // The kernel only reads from it; the interface has no const.
        void* memory =
            from_shared ? const_cast<std::byte*>(shared_.data()) : buffer(request.slot).data();
        const auto length = static_cast<unsigned>(request.length);
        const int file = fixed_file_ ? 0 : fd_;
        const int buffer_index = from_shared ? 1 : 0;
        if (request.kind == IoKind::write) {
            if (fixed_buffers_)
                io_uring_prep_write_fixed(sqe, file, memory, length, request.offset, buffer_index);
            else
                io_uring_prep_write(sqe, file, memory, length, request.offset);
        } else {
            if (fixed_buffers_)
                io_uring_prep_read_fixed(sqe, file, memory, length, request.offset, buffer_index);
            else
                io_uring_prep_read(sqe, file, memory, length, request.offset);
        }
        if (fixed_file_) sqe->flags |= IOSQE_FIXED_FILE;
        sqe->user_data = request.slot;
        requests_[request.slot] = request;
        const int sent = retry_interrupted([&] { return io_uring_submit(&ring_); });
        if (sent < 0) return sys_failure("io_uring_enter", -sent);
        ++in_flight_;
        return {};
    }

    Result<std::vector<IoCompletion>> wait(int timeout_ms) override {
        std::vector<IoCompletion> done;
        if (in_flight_ == 0) return done;
        io_uring_cqe* cqe = nullptr;
        __kernel_timespec limit{.tv_sec = timeout_ms / 1000,
                                .tv_nsec = (timeout_ms % 1000) * 1'000'000LL};
        const int rc = retry_interrupted([&] {
            // A look only: no timer is set up for it.
            if (timeout_ms == 0) return io_uring_get_events(&ring_);
            return io_uring_wait_cqe_timeout(&ring_, &cqe, timeout_ms < 0 ? nullptr : &limit);
        });
        if (rc == -ETIME) return done;
        if (rc < 0) return sys_failure("io_uring_wait", -rc);
        while (io_uring_peek_cqe(&ring_, &cqe) == 0 && cqe != nullptr) {
            done.push_back(completion_of(*cqe));
            io_uring_cqe_seen(&ring_, cqe);
            --in_flight_;
        }
        return done;
    }

    unsigned in_flight() const override { return in_flight_; }
    std::string_view name() const override { return "io_uring"; }

  private:
    template <class Call>
    static int retry_interrupted(Call call) {
        int rc = 0;
        do rc = call();
        while (rc == -EINTR || rc == -EAGAIN);
        return rc;
    }

    bool register_buffers(std::span<const std::byte> source) {
        std::array<iovec, 2> vectors{
            iovec{.iov_base = buffers_.span().data(), .iov_len = buffers_.span().size()},
            iovec{.iov_base = const_cast<std::byte*>(source.data()), .iov_len = source.size()}};
        return io_uring_register_buffers(&ring_, vectors.data(), source.empty() ? 1 : 2) == 0;
    }

    IoCompletion completion_of(const io_uring_cqe& cqe) const {
        const auto slot = static_cast<unsigned>(cqe.user_data);
        const IoRequest& request = requests_[slot];
        return {.slot = slot,
                .kind = request.kind,
                .offset = request.offset,
                .length = request.length,
                .transferred = cqe.res < 0 ? 0 : static_cast<std::size_t>(cqe.res),
                .error = cqe.res < 0 ? -cqe.res : 0};
    }

    int fd_;
    QueueOptions options_;
    AlignedBuffer buffers_;
    std::vector<IoRequest> requests_;
    std::span<const std::byte> shared_;
    io_uring ring_{};
    unsigned in_flight_{0};
    bool started_{false};
    bool fixed_file_{false};
    bool fixed_buffers_{false};
};

}  // namespace

Result<std::unique_ptr<IoQueue>> make_uring_queue(int fd, const QueueOptions& options) {
    auto buffers = QUIETUS_TRY(AlignedBuffer::create(options.depth * options.request_size));
    auto queue = std::make_unique<UringQueue>(fd, options, std::move(buffers));
    QUIETUS_TRY(queue->start());
    return queue;
}

Result<std::unique_ptr<IoQueue>> make_linux_queue(int fd, const QueueOptions& options) {
    if (!options.force_threads) {
        auto queue = make_uring_queue(fd, options);
        if (queue) return queue;
        log::debug("io_uring is not available here, using threads: " + queue.error().message);
    }
    return make_thread_queue(fd, options);
}

}  // namespace quietus

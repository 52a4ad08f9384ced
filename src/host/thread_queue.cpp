// The queue for kernels where io_uring is disabled (kernel.io_uring_disabled, seccomp): one
// blocking request per thread. A thread stuck in a dead drive cannot be stopped, which is why each
// drive has a worker process.

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <sys/uio.h>

#include "base/memory.h"
#include "host/uring_queue.h"

namespace quietus {

namespace {

class ThreadQueue final : public IoQueue {
  public:
    ThreadQueue(int fd, const QueueOptions& options, AlignedBuffer buffers)
        : fd_{fd}, options_{options}, buffers_{std::move(buffers)} {
        for (unsigned i = 0; i < options_.depth; ++i)
            threads_.emplace_back([this](const std::stop_token& stop) { serve(stop); });
    }
    ThreadQueue(const ThreadQueue&) = delete;
    ThreadQueue& operator=(const ThreadQueue&) = delete;
    ~ThreadQueue() override {
        for (std::jthread& thread : threads_) thread.request_stop();
        work_arrived_.notify_all();
    }

    unsigned depth() const override { return options_.depth; }
    std::size_t request_size() const override { return options_.request_size; }
    std::span<std::byte> buffer(unsigned slot) override {
        return buffers_.span().subspan(slot * options_.request_size, options_.request_size);
    }

    bool use_shared_source(std::span<const std::byte> source) override {
        if (source.size() < options_.request_size) return false;
        QUIETUS_CHECK(in_flight_ == 0);
        shared_ = source;
        return true;
    }

    Result<void> submit(const IoRequest& request) override {
        QUIETUS_CHECK(request.slot < options_.depth && request.length <= options_.request_size &&
                      request.length > 0);
        {
            const std::lock_guard lock{mutex_};
            waiting_.push_back(request);
        }
        ++in_flight_;
        work_arrived_.notify_one();
        return {};
    }

    Result<std::vector<IoCompletion>> wait(int timeout_ms) override {
        std::vector<IoCompletion> done;
        if (in_flight_ == 0) return done;
        std::unique_lock lock{mutex_};
        const auto some = [this] { return !finished_.empty(); };
        if (timeout_ms < 0)
            work_done_.wait(lock, some);
        else
            work_done_.wait_for(lock, std::chrono::milliseconds{timeout_ms}, some);
        done.swap(finished_);
        in_flight_ -= static_cast<unsigned>(done.size());
        return done;
    }

    unsigned in_flight() const override { return in_flight_; }
    std::string_view name() const override { return "threads"; }

  private:
    void serve(const std::stop_token& stop) {
        for (;;) {
            IoRequest request;
            {
                std::unique_lock lock{mutex_};
                work_arrived_.wait(lock,
                                   [&] { return stop.stop_requested() || !waiting_.empty(); });
                if (waiting_.empty()) return;
                request = waiting_.front();
                waiting_.pop_front();
            }
            const IoCompletion completion = transfer(request);
            {
                const std::lock_guard lock{mutex_};
                finished_.push_back(completion);
            }
            work_done_.notify_one();
        }
    }

    IoCompletion transfer(const IoRequest& request) {
        const bool writes = request.kind == IoKind::write;
        const bool from_shared = writes && !shared_.empty();
        std::byte* memory =
            from_shared ? const_cast<std::byte*>(shared_.data()) : buffer(request.slot).data();
        const iovec vector{.iov_base = memory, .iov_len = request.length};
        ssize_t done = 0;
        do {
            const auto at = static_cast<off_t>(request.offset);
            done = writes ? pwritev2(fd_, &vector, 1, at, 0) : preadv2(fd_, &vector, 1, at, 0);
        } while (done < 0 && errno == EINTR);
        return {.slot = request.slot,
                .kind = request.kind,
                .offset = request.offset,
                .length = request.length,
                .transferred = done < 0 ? 0 : static_cast<std::size_t>(done),
                .error = done < 0 ? errno : 0};
    }

    int fd_;
    QueueOptions options_;
    AlignedBuffer buffers_;
    std::span<const std::byte> shared_;
    unsigned in_flight_{0};  // only the driving thread's
    std::mutex mutex_;
    std::condition_variable work_arrived_;
    std::condition_variable work_done_;
    std::deque<IoRequest> waiting_;       // guarded by mutex_
    std::vector<IoCompletion> finished_;  // guarded by mutex_
    std::vector<std::jthread> threads_;   // last: they end before what they use
};

}  // namespace

Result<std::unique_ptr<IoQueue>> make_thread_queue(int fd, const QueueOptions& options) {
    auto buffers = QUIETUS_TRY(AlignedBuffer::create(options.depth * options.request_size));
    return std::make_unique<ThreadQueue>(fd, options, std::move(buffers));
}

}  // namespace quietus

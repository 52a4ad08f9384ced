#pragma once
// Loop devices, partitions and mounts for lab tests: made by a test, gone with it. Each fails its
// test where it cannot be made. The kernel itself unbinds a loop (LO_FLAGS_AUTOCLEAR) when its last
// user is gone, also after a crash.

#include <cstdint>
#include <string>

#include "base/unique_fd.h"

namespace quietus::test {

/// A folder under the temporary directory, removed with what is in it.
class ScratchFolder {
  public:
    ScratchFolder();
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
    ~ScratchFolder();
    const std::string& path() const { return path_; }
    /// A sparse file of `size` bytes in it.
    std::string image(const std::string& name, std::uint64_t size) const;

  private:
    std::string path_;
};

struct LoopOptions {
    bool read_only{false};
    std::uint32_t sector{512};
};

class LoopDevice {
  public:
    explicit LoopDevice(const std::string& backing, const LoopOptions& options = {});
    LoopDevice(const LoopDevice&) = delete;
    LoopDevice& operator=(const LoopDevice&) = delete;
    ~LoopDevice();
    const std::string& path() const { return path_; }
    std::string name() const { return path_.substr(5); }
    /// Tells the kernel of a partition (this kernel reads no partition tables); undone with the
    /// device.
    std::string add_partition(std::uint64_t start, std::uint64_t size);

  private:
    std::string path_;
    UniqueFd fd_;
    bool has_partition_{false};
};

/// An ext4 made on `node` and mounted at `point`, which is created.
class Ext4Mount {
  public:
    Ext4Mount(const std::string& node, const std::string& point);
    Ext4Mount(const Ext4Mount&) = delete;
    Ext4Mount& operator=(const Ext4Mount&) = delete;
    ~Ext4Mount();
    bool mounted() const { return mounted_; }

  private:
    std::string point_;
    bool mounted_{false};
};

/// Another process that has opened `node` before the constructor returns, and ends with the object.
class OtherProcess {
  public:
    explicit OtherProcess(const std::string& node);
    OtherProcess(const OtherProcess&) = delete;
    OtherProcess& operator=(const OtherProcess&) = delete;
    ~OtherProcess();
    int id() const { return id_; }

  private:
    int id_{-1};
    UniqueFd leash_;
};

}  // namespace quietus::test

#pragma once
// From sysfs: over which road a drive is reached, and what it says of itself, each value with its
// source.

#include "discovery/block_graph.h"

namespace quietus::discovery {

/// From the kernel name and the folder under /sys/devices.
Transport transport_of(const BlockNode& disk);

/// The folder of the USB device through which the disk is reached; empty where there is none.
std::string usb_device_of(const BlockNode& disk);

/// `disk` is a whole disk. The backing of a loop is not read here.
DeviceIdentity read_identity(const Host& host, const BlockNode& disk, Transport transport);

}  // namespace quietus::discovery

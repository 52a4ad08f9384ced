#pragma once
// Nodes that lead to the same drive: two cables to one SAS disk are two names for one victim.

#include <map>
#include <string>
#include <vector>

#include "discovery/block_graph.h"

namespace quietus::discovery {

class Twins {
  public:
    /// What makes a drive the same as another: WWN (or EUI, NGUID, UUID), else model, serial and
    /// size where the serial tells drives apart. Empty for devices made of other devices, and where
    /// nothing tells.
    static std::string key_of(const DeviceIdentity& identity, Transport transport);

    void add(const std::string& key, const std::string& disk);
    /// Other whole disks with the key of `disk`.
    std::vector<std::string> of(const std::string& key, const std::string& disk) const;

  private:
    std::multimap<std::string, std::string> disks_;
};

/// Uses of a twin as uses of `disk`; a multipath device that stands on both is left out, being
/// named already.
std::vector<Use> other_path_uses(const BlockGraph& graph, const std::string& disk,
                                 const std::string& twin, const std::vector<Use>& own,
                                 const std::vector<Use>& of_twin);

}  // namespace quietus::discovery

#pragma once
// RFC 6962 §2.1 (= RFC 9162 §2.1): hashes of leaves and nodes, roots, inclusion proofs. Pure.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace quietus::certs {

Digest merkle_leaf_hash(std::string_view leaf);
Digest merkle_node_hash(const Digest& left, const Digest& right);

/// Root of a tree of these leaf hashes; of none it is the digest of nothing.
Digest merkle_root(std::span<const Digest> leaves);

/// PATH(index, leaves), RFC 9162 §2.1.3.1; `index` must be below the number of leaves
/// (QUIETUS_CHECK).
std::vector<Digest> merkle_inclusion(std::span<const Digest> leaves, std::uint64_t index);

/// RFC 9162 §2.1.3.2.
bool merkle_inclusion_holds(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                            std::span<const Digest> proof, const Digest& root);

/// The roots of a growing tree without going back to its leaves: log(n) digests of whole subtrees.
class MerkleFrontier {
  public:
    void add(const Digest& leaf);
    std::uint64_t size() const { return size_; }
    Digest root() const;

  private:
    std::vector<Digest> subtrees_;  // largest first; one per set bit of size_
    std::uint64_t size_{0};
};

}  // namespace quietus::certs

#include "certs/register/merkle.h"

#include <array>
#include <bit>

namespace quietus::certs {

namespace {

constexpr std::array kLeafPrefix{
    std::byte{0x00}};  // RFC 9162 §2.1.1: so that no node can pass for a leaf
constexpr std::array kNodePrefix{std::byte{0x01}};

}  // namespace

Digest merkle_leaf_hash(std::string_view leaf) {
    Sha256 hash;
    hash.update(kLeafPrefix);
    hash.update(bytes_of(leaf));
    return hash.finish();
}

Digest merkle_node_hash(const Digest& left, const Digest& right) {
    Sha256 hash;
    hash.update(kNodePrefix);
    hash.update(left);
    hash.update(right);
    return hash.finish();
}

Digest merkle_root(std::span<const Digest> leaves) {
    if (leaves.empty()) return sha256(std::string_view{});
    MerkleFrontier frontier;
    for (const Digest& leaf : leaves) frontier.add(leaf);
    return frontier.root();
}

// NOLINTNEXTLINE(misc-no-recursion): each level halves the leaves, so at most 64 deep
std::vector<Digest> merkle_inclusion(std::span<const Digest> leaves, std::uint64_t index) {
    QUIETUS_CHECK(index < leaves.size());
    if (leaves.size() == 1) return {};
    const std::uint64_t left =
        std::bit_floor(leaves.size() - 1);  // the largest power of two below the size
    const bool in_left = index < left;
    std::vector<Digest> path = in_left ? merkle_inclusion(leaves.first(left), index)
                                       : merkle_inclusion(leaves.subspan(left), index - left);
    path.push_back(merkle_root(in_left ? leaves.subspan(left) : leaves.first(left)));
    return path;
}

bool merkle_inclusion_holds(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                            std::span<const Digest> proof, const Digest& root) {
    if (index >= size) return false;
    std::uint64_t fn = index;
    std::uint64_t sn = size - 1;
    Digest hash = leaf;
    for (const Digest& sibling : proof) {
        if (sn == 0) return false;
        if ((fn & 1U) != 0 || fn == sn) {
            hash = merkle_node_hash(sibling, hash);
            while (fn != 0 && (fn & 1U) == 0) {
                fn >>= 1U;
                sn >>= 1U;
            }
        } else {
            hash = merkle_node_hash(hash, sibling);
        }
        fn >>= 1U;
        sn >>= 1U;
    }
    return sn == 0 && hash == root;
}

void MerkleFrontier::add(const Digest& leaf) {
    subtrees_.push_back(leaf);
    // Two subtrees of one height become one: as many times as the old size ends in one bits.
    for (std::uint64_t below = size_; (below & 1U) != 0; below >>= 1U) {
        const Digest right = subtrees_.back();
        subtrees_.pop_back();
        subtrees_.back() = merkle_node_hash(subtrees_.back(), right);
    }
    ++size_;
}

Digest MerkleFrontier::root() const {
    if (subtrees_.empty()) return sha256(std::string_view{});
    Digest hash = subtrees_.back();
    for (auto left = subtrees_.rbegin() + 1; left != subtrees_.rend(); ++left)
        hash = merkle_node_hash(*left, hash);
    return hash;
}

}  // namespace quietus::certs

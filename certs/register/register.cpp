#include "certs/register/register.h"

#include <algorithm>

#include "base/bytes.h"
#include "certs/register/checkpoint.h"
#include "certs/register/merkle.h"

namespace quietus::certs {

namespace {

constexpr const char* kReceiptSchema = "quietus/receipt/1";
constexpr std::size_t kReceiptSizeMax = 256 * std::size_t{1024};
constexpr std::size_t kProofMax = 64;  // a tree of 2^64 leaves is 64 high

Result<Digest> digest_from(std::string_view raw) {
    Digest digest{};
    if (raw.size() != digest.size())
        return failure(ErrorCode::internal, "register: a hash that is not 32 bytes long");
    std::copy(bytes_of(raw).begin(), bytes_of(raw).end(), digest.begin());
    return digest;
}

// All leaves each time: 100 000 of them hash in half a second; a log that outgrows that keeps its
// subtrees.
Result<std::vector<Digest>> all_hashes(LogStore& store) {
    const std::uint64_t size = QUIETUS_TRY(store.size());
    std::vector<Digest> hashes;
    for (const std::string& raw : QUIETUS_TRY(store.leaf_hashes(0, size)))
        hashes.push_back(QUIETUS_TRY(digest_from(raw)));
    return hashes;
}

tl::unexpected<Error> refuse(const std::string& why) {
    return failure(ErrorCode::not_authentic, why);
}

Result<std::vector<Digest>> proof_from(const Json& list) {
    if (!list.is_array() || list.size() > kProofMax)
        return refuse("the inclusion proof is malformed");
    std::vector<Digest> proof;
    for (const Json& item : list) {
        const auto* text = item.get_ptr<const std::string*>();
        const auto raw = text != nullptr ? from_base64(*text) : Result<Bytes>{Bytes{}};
        if (!raw || raw->size() != Digest{}.size())
            return refuse("the inclusion proof is malformed");
        Digest digest{};
        std::copy(raw->begin(), raw->end(), digest.begin());
        proof.push_back(digest);
    }
    return proof;
}

std::string receipt_bytes(std::string_view origin, std::uint64_t index, const std::string& leaf,
                          const std::string& checkpoint, const std::vector<Digest>& proof) {
    Json path = Json::array();
    for (const Digest& digest : proof) path.push_back(to_base64(digest));
    return canonical_json({{"schema", kReceiptSchema},
                           {"origin", origin},
                           {"index", json_integer(index)},
                           {"leaf", leaf},
                           {"checkpoint", checkpoint},
                           {"proof", path}});
}

// Every checkpoint the log ever signed must still be a root of the tree's beginning.
Result<void> check_against(const std::vector<LogStore::KeptCheckpoint>& kept,
                           const std::vector<Digest>& hashes, const LogKey& key) {
    MerkleFrontier tree;
    for (const LogStore::KeptCheckpoint& checkpoint : kept) {
        const std::string which = "the checkpoint of size " + std::to_string(checkpoint.size);
        const Checkpoint said = QUIETUS_TRY_CONTEXT(
            verify_checkpoint(checkpoint.note, key.origin, key.public_key_base64), which);
        if (said.size != checkpoint.size || said.size < tree.size())
            return refuse(which + " is filed under another size");
        if (said.size > hashes.size())
            return refuse("entries are missing: the log has signed " + which);
        while (tree.size() < said.size) tree.add(hashes[tree.size()]);
        if (tree.root() != said.root)
            return refuse("entries are not those the log signed in " + which);
    }
    return {};
}

}  // namespace

std::string_view LogKey::pem() const {
    if (!private_pem) return {};
    const auto bytes = private_pem->span();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<LogKey> make_log_key(std::string origin) {
    const SecretBytes pem = QUIETUS_TRY(new_log_key_pem());
    const auto bytes = pem.span();
    return load_log_key(std::move(origin),
                        {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

Result<LogKey> load_log_key(std::string origin, std::string_view private_pem) {
    if (!is_origin(origin)) {
        return failure(ErrorCode::config,
                       "the register's name is not printable ASCII without blanks and '+'",
                       "choose a name such as example.org/quietus");
    }
    const Bytes public_key = QUIETUS_TRY(log_public_key(private_pem));
    SecretBytes secret = QUIETUS_TRY(SecretBytes::copy_of(bytes_of(private_pem)));
    return LogKey{std::move(origin), std::make_shared<const SecretBytes>(std::move(secret)),
                  to_base64(public_key)};
}

Result<std::string> Register::append(const LeafFacts& facts) {
    const std::string leaf = leaf_bytes(facts);
    const Digest hash = merkle_leaf_hash(leaf);
    const std::uint64_t index = QUIETUS_TRY(store_->append(leaf, text_of(hash)));
    // The log only grows, so what is read from here on holds the new leaf whoever else appends
    // meanwhile.
    const std::vector<Digest> hashes = QUIETUS_TRY(all_hashes(*store_));
    if (index >= hashes.size() || hashes[index] != hash)
        return failure(ErrorCode::internal, "register: the entry just made is not there");
    const Checkpoint checkpoint{hashes.size(), merkle_root(hashes)};
    const std::string note = QUIETUS_TRY(sign_checkpoint(checkpoint, key_.origin, key_.pem()));
    QUIETUS_TRY(store_->keep_checkpoint(checkpoint.size, note));
    std::string receipt =
        receipt_bytes(key_.origin, index, leaf, note, merkle_inclusion(hashes, index));
    QUIETUS_TRY_CONTEXT(verify_receipt(receipt, facts, key_.origin, key_.public_key_base64),
                        "the receipt just made");
    return receipt;
}

Result<std::vector<Register::Entry>> Register::search(std::string_view text) {
    std::vector<Entry> entries;
    for (const std::uint64_t index : QUIETUS_TRY(store_->find(text))) {
        const std::string leaf = QUIETUS_TRY(store_->leaf(index));
        entries.push_back({index, QUIETUS_TRY(parse_leaf(leaf))});
    }
    return entries;
}

Result<Register::State> Register::check() {
    if (const auto stored = store_->check(); !stored) {
        Error error = stored.error();
        if (error.code == ErrorCode::internal) error.code = ErrorCode::not_authentic;
        return tl::unexpected{std::move(error)};
    }
    // Checkpoints first: what is appended between the two reads is then beyond them, not missing.
    const auto kept = QUIETUS_TRY(store_->checkpoints());
    const std::vector<Digest> hashes = QUIETUS_TRY(all_hashes(*store_));
    QUIETUS_TRY(check_against(kept, hashes, key_));
    return State{hashes.size(), to_base64(merkle_root(hashes))};
}

Result<void> verify_receipt(std::string_view receipt, const LeafFacts& facts,
                            std::string_view origin, std::string_view public_key_base64) {
    if (receipt.size() > kReceiptSizeMax) return refuse("too long to be one");
    const Json json = QUIETUS_TRY(parse_json(receipt));
    const std::uint64_t index = QUIETUS_TRY(integer_member(json, "index"));
    const std::string note = QUIETUS_TRY(string_member(json, "checkpoint"));
    const Json path = QUIETUS_TRY(member(json, "proof"));
    const std::vector<Digest> proof = QUIETUS_TRY(proof_from(path));
    const std::string leaf = leaf_bytes(facts);
    if (QUIETUS_TRY(string_member(json, "leaf")) != leaf)
        return refuse("it is the receipt of another record or signature");
    // Written again from its parts it must come out the same: no second spelling, nothing besides.
    if (receipt_bytes(origin, index, leaf, note, proof) != receipt)
        return refuse("it is of another register, or not in its one spelling");
    const Checkpoint checkpoint = QUIETUS_TRY(verify_checkpoint(note, origin, public_key_base64));
    if (!merkle_inclusion_holds(merkle_leaf_hash(leaf), index, checkpoint.size, proof,
                                checkpoint.root))
        return refuse("the inclusion proof does not lead to the signed root");
    return {};
}

}  // namespace quietus::certs
